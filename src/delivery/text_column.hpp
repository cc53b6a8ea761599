#pragma once

#include "lake/column_batch.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::delivery {

// A set of texts with a number each, in the order they came: open addressing over one table, no allocation
// for a text that is there already. Gives up rather than be slow: `nullopt` once it would pass `values_max`,
// or when a client has chosen texts that all fall on one spot. Not thread-safe.
class TextDictionary {
  public:
    explicit TextDictionary(std::size_t values_max);

    // The number of the text; it is added when it is new.
    std::optional<std::int32_t> code_of(std::string_view text);

    [[nodiscard]] const std::vector<std::string>& values() const { return values_; }

    std::vector<std::string> take_values() { return std::move(values_); }

  private:
    void grow();

    std::size_t values_max_;
    std::vector<std::string> values_;
    std::vector<std::uint64_t> hashes_;  // of each value
    std::vector<std::int32_t> slots_;    // number of the value, -1 = free; a power of two of them
};

// Collects one text column: as codes while the values repeat, as plain bytes from the moment they turn out
// not to. Not thread-safe.
class TextColumn {
  public:
    static constexpr std::size_t kValuesMax = 65'536;
    // From so many rows on a column with more values than half its rows is kept plain.
    static constexpr std::size_t kJudgedRows = 1'024;

    explicit TextColumn(std::size_t rows);

    // Empty = null.
    void add(std::string_view text);
    // The same as the row before.
    void repeat();

    lake::Column take();

  private:
    void add_coded(std::string_view text);
    void add_plain(std::string_view text);
    void turn_plain();

    std::size_t rows_;
    bool coded_ = true;
    std::int32_t last_code_ = -1;
    TextDictionary dictionary_;
    std::vector<std::int32_t> codes_;
    lake::PlainStrings plain_;
};

}  // namespace tally::delivery
