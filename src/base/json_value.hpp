#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tally {

// A JSON document as a value. Members keep their order. Whole numbers that fit are int64, all others double;
// amounts and quantities travel as strings and never pass through a double.
class JsonValue {
  public:
    using Array = std::vector<JsonValue>;
    using Member = std::pair<std::string, JsonValue>;
    using Object = std::vector<Member>;
    JsonValue() = default;  // null

    explicit JsonValue(bool value) : kind_(Kind::kBool), bool_(value) {}

    explicit JsonValue(std::int64_t value) : kind_(Kind::kInt), int_(value) {}

    explicit JsonValue(double value) : kind_(Kind::kDouble), double_(value) {}

    // A number that is none of the int64, with the text that it was read from.
    JsonValue(double value, std::string text)
        : kind_(Kind::kDouble), double_(value), text_(std::move(text)) {}

    explicit JsonValue(std::string value) : kind_(Kind::kString), text_(std::move(value)) {}

    explicit JsonValue(Array items) : kind_(Kind::kArray), items_(std::move(items)) {}

    explicit JsonValue(Object members) : kind_(Kind::kObject), members_(std::move(members)) {}

    // UTF-8, at most 64 levels deep, no member name twice. kInvalidArgument says at which byte it breaks.
    static Result<JsonValue> parse(std::string_view text);

    [[nodiscard]] bool is_null() const { return kind_ == Kind::kNull; }

    // nullptr unless it is one.
    [[nodiscard]] const std::string* as_string() const { return kind_ == Kind::kString ? &text_ : nullptr; }

    [[nodiscard]] const std::int64_t* as_int() const { return kind_ == Kind::kInt ? &int_ : nullptr; }

    [[nodiscard]] const double* as_double() const { return kind_ == Kind::kDouble ? &double_ : nullptr; }

    [[nodiscard]] const bool* as_bool() const { return kind_ == Kind::kBool ? &bool_ : nullptr; }

    [[nodiscard]] const Array* as_array() const { return kind_ == Kind::kArray ? &items_ : nullptr; }

    [[nodiscard]] const Object* as_object() const { return kind_ == Kind::kObject ? &members_ : nullptr; }

    // A parsed number with all its digits, as it was written unless it is an int64; empty when this is none.
    [[nodiscard]] std::string number_text() const;

    // A member of an object; nullptr when this is no object or has no such member.
    [[nodiscard]] const JsonValue* find(std::string_view name) const;

    // The member's text; empty when it is absent or no string.
    [[nodiscard]] std::string_view text_of(std::string_view name) const;

    // For people: strings bare, null empty, numbers and true/false as they are, the rest as JSON.
    [[nodiscard]] std::string display() const;

    // One line, members in their order.
    [[nodiscard]] std::string to_json() const;

  private:
    // Plain members instead of a variant: g++ 12 sees phantoms in the moves of a recursive one.
    enum class Kind : std::uint8_t { kNull, kBool, kInt, kDouble, kString, kArray, kObject };
    Kind kind_ = Kind::kNull;
    bool bool_ = false;
    std::int64_t int_ = 0;
    double double_ = 0;
    std::string text_;
    Array items_;
    Object members_;
};

}  // namespace tally
