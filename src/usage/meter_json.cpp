#include "usage/meter_json.hpp"

#include "base/json_writer.hpp"
#include "base/nearest_name.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

namespace tally::usage {
namespace {

constexpr std::array<std::string_view, 9> kMembers = {"id",    "version", "code",   "source",  "aggregation",
                                                      "value", "scale",   "filter", "group_by"};

// Members of meters that this build cannot compute yet.
constexpr std::array<std::string_view, 3> kMembersToCome = {"percentile", "samples", "recurring"};

Error wrong(std::string_view member, std::string detail) {
    return Error{ErrorCode::kInvalidArgument, std::move(detail), "/" + std::string(member)};
}

Status check_members(const JsonValue& document) {
    for (const JsonValue::Member& member : *document.as_object()) {
        const std::string& name = member.first;
        if (std::find(kMembersToCome.begin(), kMembersToCome.end(), name) != kMembersToCome.end())
            return Error{ErrorCode::kUnsupported, fmt::format("{} cannot be computed yet", name), "/" + name};
        if (std::find(kMembers.begin(), kMembers.end(), name) != kMembers.end())
            continue;
        const std::string_view nearest = nearest_name(name, kMembers);
        return wrong(name, nearest.empty()
                               ? fmt::format("a meter has no {}", name)
                               : fmt::format("a meter has no {}; did you mean {}?", name, nearest));
    }
    return {};
}

// Reads an optional text into `out`.
Status read_text(const JsonValue& document, std::string_view name, std::string& out) {
    const JsonValue* member = document.find(name);
    if (member == nullptr || member->is_null())
        return {};
    const std::string* text = member->as_string();
    if (text == nullptr)
        return wrong(name, fmt::format("{} must be a text", name));
    out = *text;
    return {};
}

Status read_version(const JsonValue& document, Meter& meter) {
    const JsonValue* member = document.find("version");
    if (member == nullptr)
        return {};
    const std::int64_t* version = member->as_int();
    if (version == nullptr || *version < 1 || *version > std::numeric_limits<int>::max())
        return wrong("version", "version must be a whole number from 1 on");
    meter.version = static_cast<int>(*version);
    return {};
}

Status read_scale(const JsonValue& document, Meter& meter) {
    std::string text;
    TRY(read_text(document, "scale", text));
    if (text.empty())
        return {};
    Result<Decimal> scale = Decimal::parse(text);
    if (!scale.ok())
        return wrong("scale", scale.error().message);
    meter.scale = *scale;
    return {};
}

Status read_group_by(const JsonValue& document, Meter& meter) {
    const JsonValue* member = document.find("group_by");
    if (member == nullptr || member->is_null())
        return {};
    const JsonValue::Array* columns = member->as_array();
    if (columns == nullptr)
        return wrong("group_by", "group_by must be a list of columns");
    for (std::size_t i = 0; i < columns->size(); ++i) {
        const std::string* column = (*columns)[i].as_string();
        if (column == nullptr)
            return wrong(fmt::format("group_by/{}", i), "a column's name must be a text");
        meter.group_by.push_back(*column);
    }
    return {};
}

}  // namespace

Result<Meter> meter_from_json(std::string_view text) {
    TRY_ASSIGN(const JsonValue document, JsonValue::parse(text));
    return meter_from_json(document);
}

Result<Meter> meter_from_json(const JsonValue& document) {
    if (document.as_object() == nullptr)
        return Error{ErrorCode::kInvalidArgument, "a meter is a JSON object"};
    TRY(check_members(document));
    Meter meter;
    std::string id;
    std::string aggregation;
    TRY(read_text(document, "id", id));
    TRY(read_version(document, meter));
    TRY(read_text(document, "code", meter.code));
    TRY(read_text(document, "source", meter.source));
    TRY(read_text(document, "aggregation", aggregation));
    TRY(read_text(document, "value", meter.value));
    TRY(read_scale(document, meter));
    TRY(read_text(document, "filter", meter.filter));
    TRY(read_group_by(document, meter));
    if (meter.code.empty())
        return wrong("code", "a meter needs a code");
    if (aggregation.empty())
        return wrong("aggregation", "a meter needs an aggregation, such as count or sum");
    Result<Aggregation> parsed = parse_aggregation(aggregation);
    if (!parsed.ok())
        return wrong("aggregation", parsed.error().message);
    meter.id = MeterId(std::move(id));
    meter.aggregation = *parsed;
    return meter;
}

std::string meter_to_json(const Meter& meter) {
    JsonWriter json;
    json.begin_object();
    if (!meter.id.empty())
        json.field("id", meter.id.str());
    json.field("version", std::int64_t{meter.version});
    json.field("code", meter.code);
    json.field("source", meter.source);
    json.field("aggregation", aggregation_name(meter.aggregation));
    json.field_or_null("value", meter.value);
    json.field("scale", meter.scale.normalized_str());
    json.field_or_null("filter", meter.filter);
    json.key("group_by").begin_array();
    for (const std::string& column : meter.group_by)
        json.string(column);
    json.end_array().end_object();
    return json.take();
}

}  // namespace tally::usage
