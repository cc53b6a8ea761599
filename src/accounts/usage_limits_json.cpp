#include "accounts/usage_limits_json.hpp"

#include <algorithm>

namespace tally::accounts {

namespace {

Result<std::optional<std::int64_t>> read_rate(JsonObject& object) {
    TRY_ASSIGN(const std::optional<std::string> number, object.number("rate_limit"));
    if (!number)
        return std::optional<std::int64_t>();
    const Result<std::int64_t> rate = parse_rate(*number);
    if (!rate.ok())
        return object.wrong("rate_limit", rate.error().message);
    return std::optional(*rate);
}

Result<ThrottleChange> read_throttle(JsonObject& object) {
    ThrottleChange change;
    TRY_ASSIGN(change.rate_milli, read_rate(object));
    TRY_ASSIGN(change.burst, object.whole("burst_limit"));
    return change;
}

Result<QuotaChange> read_quota(JsonObject& object) {
    QuotaChange change;
    TRY_ASSIGN(change.limit, object.whole("limit"));
    TRY_ASSIGN(change.offset, object.whole("offset"));
    TRY_ASSIGN(const std::optional<std::string> period, object.text("period"));
    if (period) {
        change.period = parse_quota_period(*period);
        if (!change.period)
            return object.wrong("period", "must be DAY, WEEK or MONTH");
    }
    return change;
}

Result<MethodThrottle> read_method(JsonObject& object) {
    MethodThrottle out;
    TRY_ASSIGN(out.method, object.required_text("method"));
    std::transform(out.method.begin(), out.method.end(), out.method.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    TRY_ASSIGN(out.path, object.required_text("path"));
    TRY_ASSIGN(const ThrottleChange throttle, read_throttle(object));
    TRY(object.finish());
    if (!throttle.rate_milli)
        return object.wrong("rate_limit", "\"rate_limit\" is missing");
    if (!throttle.burst)
        return object.wrong("burst_limit", "\"burst_limit\" is missing");
    out.throttle = {*throttle.rate_milli, *throttle.burst};
    return out;
}

void write_throttle_fields(JsonWriter& json, const Throttle& throttle) {
    json.key("rate_limit").raw(rate_text(throttle.rate_milli)).field("burst_limit", throttle.burst);
}

}  // namespace

JsonWriter& write_throttle(JsonWriter& json, const std::optional<Throttle>& throttle) {
    if (!throttle)
        return json.null();
    json.begin_object();
    write_throttle_fields(json, *throttle);
    return json.end_object();
}

JsonWriter& write_quota(JsonWriter& json, const std::optional<Quota>& quota) {
    if (!quota)
        return json.null();
    json.begin_object().field("limit", quota->limit).field("period", quota_period_name(quota->period));
    return json.field("offset", quota->offset).end_object();
}

JsonWriter& write_limits(JsonWriter& json, const UsageLimits& limits) {
    write_throttle(json.key("throttle"), limits.throttle);
    write_quota(json.key("quota"), limits.quota);
    json.key("method_throttles").begin_array();
    for (const MethodThrottle& method : limits.methods) {
        json.begin_object().field("method", method.method).field("path", method.path);
        write_throttle_fields(json, method.throttle);
        json.end_object();
    }
    return json.end_array();
}

Result<LimitsChange> read_limits_change(JsonObject& object) {
    LimitsChange change;
    change.remove_throttle = object.is_null("throttle");
    TRY_ASSIGN(std::optional<JsonObject> throttle, object.object("throttle"));
    if (throttle) {
        TRY_ASSIGN(change.throttle, read_throttle(*throttle));
        TRY(throttle->finish());
    }
    change.remove_quota = object.is_null("quota");
    TRY_ASSIGN(std::optional<JsonObject> quota, object.object("quota"));
    if (quota) {
        TRY_ASSIGN(change.quota, read_quota(*quota));
        TRY(quota->finish());
    }
    const bool has_methods = object.has("method_throttles");
    TRY_ASSIGN(std::vector<JsonObject> methods, object.objects("method_throttles"));
    if (has_methods)
        change.methods.emplace();
    for (JsonObject& method : methods) {
        TRY_ASSIGN(MethodThrottle one, read_method(method));
        change.methods->push_back(std::move(one));
    }
    return change;
}

std::string limits_to_json(const UsageLimits& limits) {
    JsonWriter json;
    json.begin_object();
    write_limits(json, limits);
    return json.end_object().take();
}

Result<UsageLimits> limits_from_json(std::string_view text) {
    TRY_ASSIGN(JsonObject object, JsonObject::parse(text));
    TRY_ASSIGN(const LimitsChange change, read_limits_change(object));
    TRY(object.finish());
    return changed_limits({}, change);
}

}  // namespace tally::accounts
