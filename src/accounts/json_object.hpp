#pragma once

#include "base/clock.hpp"
#include "base/json_value.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tally::accounts {

// A JSON object that a client sent, read field by field. A field that is null counts as absent, but for
// text_or_null and is_null. What nobody asked for is an error in finish(), which each object in it has for
// itself. Errors are kInvalidArgument with a JSON pointer from the document's root and never show a value.
class JsonObject {
  public:
    // An empty text is an empty object. At most 64 KiB.
    static Result<JsonObject> parse(std::string_view text);

    Result<std::optional<std::string>> text(std::string_view name);
    Result<std::string> required_text(std::string_view name);
    // An empty text for null: for fields that null takes away.
    Result<std::optional<std::string>> text_or_null(std::string_view name);
    // Nothing when absent.
    Result<std::vector<std::string>> texts(std::string_view name);
    Result<bool> flag_or(std::string_view name, bool otherwise);
    Result<std::optional<std::int64_t>> whole(std::string_view name);
    // RFC 3339.
    Result<std::optional<Instant>> instant(std::string_view name);
    // A number with all its digits, as text.
    Result<std::optional<std::string>> number(std::string_view name);
    Result<std::optional<JsonObject>> object(std::string_view name);
    // Nothing when absent.
    Result<std::vector<JsonObject>> objects(std::string_view name);
    // There, and null: for fields that null takes away.
    bool is_null(std::string_view name);

    bool has(std::string_view name) const { return object_.find(name) != nullptr; }

    // kInvalidArgument with the pointer of this field.
    [[nodiscard]] Error wrong(std::string_view name, std::string message) const;
    [[nodiscard]] Status finish() const;

  private:
    explicit JsonObject(JsonValue object, std::string pointer = {})
        : object_(std::move(object)), pointer_(std::move(pointer)) {}

    // Null when absent or null.
    const JsonValue* take(std::string_view name);

    JsonValue object_;
    std::string pointer_;  // of this object; empty = the root
    std::set<std::string, std::less<>> taken_;
};

}  // namespace tally::accounts
