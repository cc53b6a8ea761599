#pragma once

#include "lake/column_batch.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tally::delivery {

// Gives each text a number, in the order they come: open addressing over one table. The texts stay the
// caller's and must outlive it. Not thread-safe.
class TextNumbers {
  public:
    explicit TextNumbers(std::size_t texts_max);

    struct Found {
        std::int32_t number = 0;
        bool is_new = false;
    };

    // The number of the text; a new one when it was never seen. nullopt rather than slow: beyond texts_max,
    // or when a client has chosen texts that all fall on one spot.
    std::optional<Found> number_of(std::string_view text);

    // After a new number: the text to keep for it, equal to the one that was given, but one that lives on.
    void keep(std::string_view text) { texts_.back() = text; }

    [[nodiscard]] std::size_t size() const { return texts_.size(); }

  private:
    void grow();

    std::size_t texts_max_;
    std::vector<std::string_view> texts_;  // by number
    std::vector<std::uint64_t> hashes_;    // by number
    std::vector<std::int32_t> slots_;      // numbers, -1 = free; a power of two of them
};

// Collects one text column: as codes while the values repeat, as plain bytes from the moment they turn out
// not to. Use add() alone or add_derived() alone. Not thread-safe.
class TextColumn {
  public:
    static constexpr std::size_t kValuesMax = 65'536;
    // From so many rows on, a column with more values than half its rows is kept plain.
    static constexpr std::size_t kJudgedRows = 1'024;

    explicit TextColumn(std::size_t rows);

    // Empty = null.
    void add(std::string_view text);

    // The text that `text_of()` works out from `source` and from nothing else; it is asked only for a source
    // that was not seen before, or when nothing repeats. Empty source = null. `source` must outlive this.
    template <class TextOf>
    void add_derived(std::string_view source, TextOf text_of) {
        if (repeats_last(source))
            repeat();
        else if (coded_)
            add_coded(source, text_of, Keep::kSource);
        else
            add_plain(text_of());
        last_source_ = source;
    }

    // The column in another order: its i-th row is the one that was added as number order[i].
    lake::Column take(std::span<const std::uint32_t> order);

  private:
    // What the number of a value is looked up by the next time.
    enum class Keep { kText, kSource };

    template <class TextOf>
    void add_coded(std::string_view key, TextOf text_of, Keep keep);

    [[nodiscard]] bool repeats_last(std::string_view source) const;
    void repeat();
    void push_code(std::int32_t code);
    void add_value(std::string_view text, std::string_view key, Keep keep);
    void add_plain(std::string_view text);
    [[nodiscard]] bool has_too_many_values() const;
    void turn_plain();
    void unify_values();
    [[nodiscard]] lake::PlainStrings plain_in(std::span<const std::uint32_t> order) const;

    std::size_t rows_;
    bool coded_ = true;
    bool derived_differs_ = false;  // some value is not its source: two sources may have one value
    std::string_view last_source_;
    TextNumbers numbers_;
    std::deque<std::string> values_;  // by number; addresses stay
    std::vector<std::int32_t> codes_;
    lake::PlainStrings plain_;
};

template <class TextOf>
void TextColumn::add_coded(std::string_view key, TextOf text_of, Keep keep) {
    if (key.empty())
        return push_code(-1);
    const auto found = numbers_.number_of(key);
    if (found.has_value() && !found->is_new)
        return push_code(found->number);
    const std::string_view text = text_of();
    if (!found.has_value() || has_too_many_values()) {
        turn_plain();
        return add_plain(text);
    }
    add_value(text, key, keep);
    push_code(found->number);
}

}  // namespace tally::delivery
