#include "rating/fields.hpp"

#include "base/nearest_name.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tally::rating {
namespace {

Error wrong(const std::string& pointer, std::string message) {
    return {ErrorCode::kInvalidArgument, std::move(message), pointer};
}

bool is_whole(std::string_view number) {
    return number.find_first_of(".eE") == std::string_view::npos;
}

std::string bounds_text(const Bounds& bounds) {
    if (bounds.low && bounds.high) {
        return fmt::format("from {} to {}", bounds.low->normalized_str(), bounds.high->normalized_str());
    }
    if (bounds.low)
        return fmt::format("at least {}", bounds.low->normalized_str());
    return fmt::format("at most {}", bounds.high->normalized_str());
}

Result<Decimal> within(Decimal value, const Bounds& bounds, const std::string& pointer) {
    if ((bounds.low && value < *bounds.low) || (bounds.high && value > *bounds.high))
        return wrong(pointer, fmt::format("{} is not {}", value.str(), bounds_text(bounds)));
    return value;
}

Result<std::string> read_text(const Document& value, const std::string& pointer) {
    if (value.kind() != Document::Kind::kText)
        return wrong(pointer, fmt::format("expected a text, found {}", value.kind_name()));
    return value.str();
}

}  // namespace

std::string pointer_into(std::string_view pointer, std::string_view name) {
    std::string result(pointer);
    result += '/';
    for (const char c : name) {
        if (c == '~') {
            result += "~0";
        } else if (c == '/') {
            result += "~1";
        } else {
            result += c;
        }
    }
    return result;
}

std::string pointer_into(std::string_view pointer, std::size_t index) {
    return fmt::format("{}/{}", pointer, index);
}

Result<Decimal> read_decimal(const Document& value, const std::string& pointer) {
    if (value.kind() == Document::Kind::kNumber && !is_whole(value.str())) {
        return wrong(
            pointer,
            fmt::format("{} is a binary fraction to most programs; write it as a text in quotes, \"{}\"",
                        value.str(), value.str()));
    }
    if (value.kind() != Document::Kind::kText && value.kind() != Document::Kind::kNumber) {
        return wrong(pointer,
                     fmt::format("expected a decimal such as \"12.50\", found {}", value.kind_name()));
    }
    auto decimal = Decimal::parse(value.str());
    if (!decimal)
        return wrong(pointer, decimal.error().message);
    return decimal;
}

Result<Instant> read_instant(const Document& value, const std::string& pointer, const TimeZone& zone) {
    TRY_ASSIGN(const std::string text, read_text(value, pointer));
    if (const auto date = parse_date(text))
        return zone.local_midnight(*date);
    auto at = parse_rfc3339(text);
    if (!at)
        return wrong(pointer, at.error().message);
    return at;
}

Result<Fields> Fields::open(const Document& object, std::string pointer) {
    if (object.kind() != Document::Kind::kObject)
        return wrong(pointer, fmt::format("expected an object, found {}", object.kind_name()));
    return Fields(object, std::move(pointer));
}

std::string Fields::pointer_to(std::string_view name) const {
    return pointer_into(pointer_, name);
}

Error Fields::error_at(std::string_view name, std::string message) const {
    return wrong(pointer_to(name), std::move(message));
}

const Document* Fields::take(std::string_view name) {
    asked_.emplace_back(name);
    const Document* value = object_->find(name);
    return value == nullptr || value->is_null() ? nullptr : value;
}

Result<const Document*> Fields::require(std::string_view name) {
    const Document* value = take(name);
    if (value == nullptr)
        return error_at(name, fmt::format("'{}' is missing", name));
    return value;
}

bool Fields::has(std::string_view name) const {
    const Document* value = object_->find(name);
    return value != nullptr && !value->is_null();
}

Result<std::string> Fields::text(std::string_view name) {
    TRY_ASSIGN(const Document* value, require(name));
    TRY_ASSIGN(std::string text, read_text(*value, pointer_to(name)));
    if (text.empty())
        return error_at(name, fmt::format("'{}' is empty", name));
    return text;
}

Result<std::string> Fields::text_or(std::string_view name, std::string otherwise) {
    const Document* value = take(name);
    if (value == nullptr)
        return otherwise;
    return read_text(*value, pointer_to(name));
}

Result<Decimal> Fields::decimal(std::string_view name, const Bounds& bounds) {
    TRY_ASSIGN(const Document* value, require(name));
    TRY_ASSIGN(Decimal decimal, read_decimal(*value, pointer_to(name)));
    return within(std::move(decimal), bounds, pointer_to(name));
}

Result<Decimal> Fields::decimal_or(std::string_view name, Decimal otherwise, const Bounds& bounds) {
    TRY_ASSIGN(const auto value, optional_decimal(name, bounds));
    return value.value_or(std::move(otherwise));
}

Result<std::optional<Decimal>> Fields::optional_decimal(std::string_view name, const Bounds& bounds) {
    const Document* value = take(name);
    if (value == nullptr)
        return std::optional<Decimal>();
    TRY_ASSIGN(Decimal decimal, read_decimal(*value, pointer_to(name)));
    TRY_ASSIGN(decimal, within(std::move(decimal), bounds, pointer_to(name)));
    return std::optional<Decimal>(std::move(decimal));
}

Result<std::int64_t> Fields::integer_or(std::string_view name, std::int64_t otherwise) {
    TRY_ASSIGN(const auto value, optional_decimal(name));
    if (!value)
        return otherwise;
    const auto whole = value->to_int64();
    if (!whole)
        return error_at(name, whole.error().message);
    return *whole;
}

Result<bool> Fields::flag_or(std::string_view name, bool otherwise) {
    const Document* value = take(name);
    if (value == nullptr)
        return otherwise;
    if (value->kind() != Document::Kind::kBool)
        return error_at(name, fmt::format("expected true or false, found {}", value->kind_name()));
    return value->is_true();
}

Result<Instant> Fields::instant(std::string_view name, const TimeZone& zone) {
    TRY_ASSIGN(const Document* value, require(name));
    return read_instant(*value, pointer_to(name), zone);
}

Result<std::optional<Instant>> Fields::optional_instant(std::string_view name, const TimeZone& zone) {
    const Document* value = take(name);
    if (value == nullptr)
        return std::optional<Instant>();
    TRY_ASSIGN(const Instant at, read_instant(*value, pointer_to(name), zone));
    return std::optional<Instant>(at);
}

Result<std::vector<std::string>> Fields::texts(std::string_view name) {
    std::vector<std::string> texts;
    const Document* value = take(name);
    if (value == nullptr)
        return texts;
    if (value->kind() == Document::Kind::kText)
        return std::vector<std::string>{value->str()};
    if (value->kind() != Document::Kind::kList)
        return error_at(name, fmt::format("expected a list of texts, found {}", value->kind_name()));
    for (std::size_t i = 0; i < value->items().size(); ++i) {
        TRY_ASSIGN(std::string text, read_text(value->items()[i], pointer_into(pointer_to(name), i)));
        texts.push_back(std::move(text));
    }
    return texts;
}

Result<const std::vector<Document>*> Fields::list(std::string_view name) {
    static const std::vector<Document> kNothing;
    const Document* value = take(name);
    if (value == nullptr)
        return &kNothing;
    if (value->kind() != Document::Kind::kList)
        return error_at(name, fmt::format("expected a list, found {}", value->kind_name()));
    return &value->items();
}

Status Fields::finish() const {
    for (const auto& member : object_->members()) {
        if (std::find(asked_.begin(), asked_.end(), member.name) != asked_.end())
            continue;
        const std::string nearest(nearest_name(member.name, asked_));
        return error_at(member.name, nearest.empty()
                                         ? fmt::format("'{}' is not known here", member.name)
                                         : fmt::format("'{}' is not known here; did you mean '{}'?",
                                                       member.name, nearest));
    }
    return {};
}

}  // namespace tally::rating
