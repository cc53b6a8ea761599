#include "billing/meters_json.hpp"

#include "accounts/json_object.hpp"
#include "accounts/json_time.hpp"
#include "accounts/page_json.hpp"

namespace tally::billing {

std::string meter_to_json(const StoredMeter& stored) {
    const Meter& meter = stored.meter;
    JsonWriter json;
    json.begin_object().field_or_null("id", meter.id.str()).field("code", meter.code);
    json.field("version", std::int64_t{meter.version}).field("source", meter.source);
    json.field("aggregation", aggregation_name(meter.aggregation)).field_or_null("value", meter.value);
    json.field("scale", meter.scale.normalized_str()).field_or_null("filter", meter.filter);
    json.key("group_by").begin_array();
    for (const std::string& name : meter.group_by)
        json.string(name);
    json.end_array().field("built_in", stored.built_in);
    accounts::write_time(json, "created_at",
                         stored.built_in ? std::nullopt : std::optional<Instant>(stored.created_at));
    accounts::write_time(json, "archived_at", stored.archived_at).end_object();
    return json.take();
}

std::string meters_to_json(const accounts::Page<StoredMeter>& page) {
    return accounts::page_to_json(page, meter_to_json);
}

Result<Meter> meter_from_json(std::string_view text) {
    TRY_ASSIGN(accounts::JsonObject object, accounts::JsonObject::parse(text));
    Meter meter;
    TRY_ASSIGN(meter.code, object.required_text("code"));
    TRY_ASSIGN(const std::optional<std::string> source, object.text("source"));
    TRY_ASSIGN(const std::string aggregation, object.required_text("aggregation"));
    TRY_ASSIGN(const std::optional<std::string> value, object.text("value"));
    TRY_ASSIGN(const std::optional<std::string> scale, object.text("scale"));
    TRY_ASSIGN(const std::optional<std::string> filter, object.text("filter"));
    TRY_ASSIGN(meter.group_by, object.texts("group_by"));
    TRY(object.finish());
    meter.source = source.value_or("requests");
    meter.value = value.value_or("");
    meter.filter = filter.value_or("");
    const Result<Aggregation> parsed = parse_aggregation(aggregation);
    if (!parsed.ok())
        return Error{parsed.error().code, parsed.error().message, "/aggregation"};
    meter.aggregation = *parsed;
    const Result<Decimal> factor = Decimal::parse(scale.value_or("1"));
    if (!factor.ok())
        return Error{factor.error().code, factor.error().message, "/scale"};
    meter.scale = *factor;
    return meter;
}

}  // namespace tally::billing
