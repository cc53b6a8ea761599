#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tally::state {

// What goes into a statement: null, a whole number or a text.
class Value {
  public:
    Value(std::int64_t whole) : value_(whole) {}  // NOLINT(google-explicit-constructor)

    Value(std::string text) : value_(std::move(text)) {}  // NOLINT(google-explicit-constructor)

    Value(std::string_view text) : value_(std::string(text)) {}  // NOLINT(google-explicit-constructor)

    Value(const char* text) : value_(std::string(text)) {}  // NOLINT(google-explicit-constructor)

    Value(Instant at) : value_(to_us(at)) {}  // NOLINT(google-explicit-constructor)

    Value(const std::optional<Instant>& at) {  // NOLINT(google-explicit-constructor)
        if (at)
            value_ = to_us(*at);
    }

    // Null when the text is empty.
    static Value text_or_null(std::string_view text) { return text.empty() ? Value() : Value(text); }

    [[nodiscard]] const std::int64_t* as_whole() const { return std::get_if<std::int64_t>(&value_); }

    [[nodiscard]] const std::string* as_text() const { return std::get_if<std::string>(&value_); }

  private:
    Value() = default;

    std::variant<std::monostate, std::int64_t, std::string> value_;
};

// One row of an answer. A column of the wrong type is our own mistake (asserted).
class Row {
  public:
    explicit Row(std::vector<std::optional<std::string>> columns) : columns_(std::move(columns)) {}

    [[nodiscard]] bool is_null(std::size_t column) const { return !columns_.at(column).has_value(); }

    // Empty for null.
    [[nodiscard]] std::string text(std::size_t column) const { return columns_.at(column).value_or(""); }

    [[nodiscard]] std::int64_t whole(std::size_t column) const;

    [[nodiscard]] Instant instant(std::size_t column) const { return instant_from_us(whole(column)); }

    [[nodiscard]] std::optional<Instant> optional_instant(std::size_t column) const {
        return is_null(column) ? std::nullopt : std::optional(instant(column));
    }

  private:
    std::vector<std::optional<std::string>> columns_;
};

// One connection to the database; the only code that knows SOCI. Not thread-safe. Parameters are bound in the
// order in which their names first stand in the statement. Errors: kUnavailable when another process holds
// the database, kAlreadyExists for a broken uniqueness, kResourceExhausted for a full disk, kCorruption, kIo;
// messages never show parameters.
class Connection {
  public:
    // Creates the file (mode 0600) when it is not there.
    static Result<std::unique_ptr<Connection>> open(const Path& file);
    ~Connection();

    // The number of rows written.
    Result<std::int64_t> execute(std::string_view sql, const std::vector<Value>& parameters = {});
    Result<std::vector<Row>> query(std::string_view sql, const std::vector<Value>& parameters = {});

    // Takes the write lock at once, so that nothing read inside the transaction can change before its end.
    Status begin();
    // On failure the transaction is rolled back; kUnknownOutcome when the disk failed while committing.
    Status commit();
    void rollback();

  private:
    struct Impl;
    explicit Connection(std::unique_ptr<Impl> impl);
    Status apply(std::string_view setting);

    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::state
