#include "accounts/json_object.hpp"

#include "base/time_text.hpp"

#include <fmt/format.h>

namespace tally::accounts {

namespace {

constexpr std::size_t kTextSizeMax = 64 * 1024;

// RFC 6901: "~" and "/" have a meaning of their own in a pointer.
std::string pointer_to(std::string_view name) {
    std::string out = "/";
    for (const char c : name) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out.push_back(c);
    }
    return out;
}

}  // namespace

Error JsonObject::wrong(std::string_view name, std::string message) const {
    return Error{ErrorCode::kInvalidArgument, std::move(message), pointer_ + pointer_to(name)};
}

Result<JsonObject> JsonObject::parse(std::string_view text) {
    if (text.size() > kTextSizeMax)
        return Error{
            ErrorCode::kInvalidArgument,
            fmt::format("the document has {} bytes; at most {} are taken", text.size(), kTextSizeMax)};
    TRY_ASSIGN(JsonValue value, JsonValue::parse(text.empty() ? "{}" : text));
    if (value.as_object() == nullptr)
        return Error{ErrorCode::kInvalidArgument, "must be a JSON object"};
    return JsonObject(std::move(value));
}

const JsonValue* JsonObject::take(std::string_view name) {
    taken_.emplace(name);
    const JsonValue* value = object_.find(name);
    return value == nullptr || value->is_null() ? nullptr : value;
}

Result<std::optional<std::string>> JsonObject::text(std::string_view name) {
    const JsonValue* value = take(name);
    if (value == nullptr)
        return std::optional<std::string>();
    if (value->as_string() == nullptr)
        return wrong(name, "must be a text");
    return std::optional(*value->as_string());
}

Result<std::string> JsonObject::required_text(std::string_view name) {
    TRY_ASSIGN(std::optional<std::string> value, text(name));
    if (!value)
        return wrong(name, fmt::format("\"{}\" is missing", name));
    return std::move(*value);
}

Result<std::optional<std::string>> JsonObject::text_or_null(std::string_view name) {
    const JsonValue* value = object_.find(name);
    if (value != nullptr && value->is_null()) {
        taken_.emplace(name);
        return std::optional(std::string());
    }
    return text(name);
}

Result<std::vector<std::string>> JsonObject::texts(std::string_view name) {
    std::vector<std::string> out;
    const JsonValue* value = take(name);
    if (value == nullptr)
        return out;
    if (value->as_array() == nullptr)
        return wrong(name, "must be a list of texts");
    for (const JsonValue& item : *value->as_array()) {
        if (item.as_string() == nullptr)
            return wrong(name, "must be a list of texts");
        out.push_back(*item.as_string());
    }
    return out;
}

Result<bool> JsonObject::flag_or(std::string_view name, bool otherwise) {
    const JsonValue* value = take(name);
    if (value == nullptr)
        return otherwise;
    if (value->as_bool() == nullptr)
        return wrong(name, "must be true or false");
    return *value->as_bool();
}

Result<std::optional<std::int64_t>> JsonObject::whole(std::string_view name) {
    const JsonValue* value = take(name);
    if (value == nullptr)
        return std::optional<std::int64_t>();
    if (value->as_int() == nullptr)
        return wrong(name, "must be a whole number");
    return std::optional(*value->as_int());
}

Result<std::optional<Instant>> JsonObject::instant(std::string_view name) {
    TRY_ASSIGN(const std::optional<std::string> value, text(name));
    if (!value)
        return std::optional<Instant>();
    Result<Instant> at = parse_rfc3339(*value);
    if (!at.ok())
        return wrong(name, at.error().message);
    return std::optional(*at);
}

Result<std::optional<std::string>> JsonObject::number(std::string_view name) {
    const JsonValue* value = take(name);
    if (value == nullptr)
        return std::optional<std::string>();
    std::string digits = value->number_text();
    if (digits.empty())
        return wrong(name, "must be a number");
    return std::optional(std::move(digits));
}

Result<std::optional<JsonObject>> JsonObject::object(std::string_view name) {
    const JsonValue* value = take(name);
    if (value == nullptr)
        return std::optional<JsonObject>();
    if (value->as_object() == nullptr)
        return wrong(name, "must be an object");
    return std::optional(JsonObject(*value, pointer_ + pointer_to(name)));
}

Result<std::vector<JsonObject>> JsonObject::objects(std::string_view name) {
    std::vector<JsonObject> out;
    const JsonValue* value = take(name);
    if (value == nullptr)
        return out;
    if (value->as_array() == nullptr)
        return wrong(name, "must be a list of objects");
    for (const JsonValue& item : *value->as_array()) {
        if (item.as_object() == nullptr)
            return wrong(name, "must be a list of objects");
        out.push_back(JsonObject(item, pointer_ + pointer_to(name) + "/" + std::to_string(out.size())));
    }
    return out;
}

bool JsonObject::is_null(std::string_view name) {
    const JsonValue* value = object_.find(name);
    if (value == nullptr || !value->is_null())
        return false;
    taken_.emplace(name);
    return true;
}

Status JsonObject::finish() const {
    for (const JsonValue::Member& member : *object_.as_object()) {
        if (taken_.contains(member.first))
            continue;
        std::string known;
        for (const std::string& name : taken_)
            known += (known.empty() ? "" : ", ") + name;
        return wrong(member.first, fmt::format("unknown field; known are: {}", known));
    }
    return {};
}

}  // namespace tally::accounts
