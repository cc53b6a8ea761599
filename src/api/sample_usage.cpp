#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "api/usage_period.hpp"
#include "base/secret.hpp"
#include "usage/usage.hpp"

#include <cstdio>

namespace tally::api {
namespace {

// The published sample's GET /usage, but for two things: only the key's holder or the admin may ask, and the
// answer names the key by its public id, never by its value.

struct Input {
    std::string key;  // a key's id, unique name or value
    Caller caller = Caller::kNobody;
    std::string caller_key_id;
    std::string date_prefix;
};

struct Output {
    std::string key_id;
    std::string date_prefix;
    usage::UsageRow sums;
    std::int64_t records = 0;  // days with usage, as the sample keeps one record a day
};

Result<Input> read(const Request& request) {
    Input input{request.query_value("api_key").value_or(""), request.caller, request.caller_key_id, ""};
    if (input.key.empty())
        return Error{ErrorCode::kInvalidArgument, "api_key parameter is required"};
    const auto date = request.query_value("date");
    const auto month = request.query_value("month");
    if (!date && !month)
        return Error{ErrorCode::kInvalidArgument,
                     "date or month parameter is required (format: YYYY-MM-DD or YYYY-MM)"};
    input.date_prefix = date ? *date : *month;
    return input;
}

// "2026-10", "2026-10-01" or "2026-10-01T09", in UTC.
Result<ResolvedPeriod> period_of(const std::string& prefix, Instant now) {
    if (prefix.size() == 7)
        return resolve_period({{}, {}, {}, prefix}, TimeZone::utc(), now);
    if (prefix.size() != 13)
        return resolve_period({{}, {}, prefix, {}}, TimeZone::utc(), now);
    TRY_ASSIGN(const Instant hour, parse_rfc3339(prefix + ":00:00Z"));
    return ResolvedPeriod{hour, hour + std::chrono::hours(1)};
}

Result<KeyId> key_of(const UsageParts& parts, const Input& input) {
    // The value itself is accepted, as in the sample, and identified without being kept.
    TRY_ASSIGN(const auto by_value, parts.keys.identify(input.key));
    KeyId id = by_value ? by_value->id : KeyId();
    if (!by_value && input.caller == Caller::kAdmin) {
        TRY_ASSIGN(const auto found, parts.keys.find(input.key));
        id = found.id;
    } else if (!by_value) {
        id = KeyId(input.key);
    }
    if (input.caller == Caller::kKeyHolder && id.str() != input.caller_key_id)
        return Error{ErrorCode::kForbidden, "an API key shows its own usage alone"};
    return id;
}

void add(usage::UsageRow& sums, double& time, std::int64_t& timed, const usage::UsageRow& day) {
    sums.requests += day.requests;
    sums.bytes_out += day.bytes_out;
    sums.bytes_in += day.bytes_in;
    sums.successes += day.successes;
    sums.errors += day.errors;
    sums.hits += day.hits;
    sums.misses += day.misses;
    if (day.average_time_ms) {
        time += *day.average_time_ms * static_cast<double>(day.requests);
        timed += day.requests;
    }
}

Result<Output> process(const UsageParts& parts, const Input& input) {
    TRY_ASSIGN(const auto period, period_of(input.date_prefix, parts.clock.now()));
    TRY_ASSIGN(const KeyId key, key_of(parts, input));
    usage::UsageQuestion question{period.from, period.to, {}, key, {}, usage::Window::kDay, TimeZone::utc()};
    TRY_ASSIGN(const auto days, usage::report(parts.engine, question));
    Output output{key.str(), input.date_prefix, {}, static_cast<std::int64_t>(days.size())};
    double time = 0;
    std::int64_t timed = 0;
    for (const auto& day : days)
        add(output.sums, time, timed, day);
    output.sums.average_time_ms = timed > 0 ? time / static_cast<double>(timed) : 0.0;
    return output;
}

// A string with two decimals, 0 when there were no look-ups, as the sample has it.
std::string hit_rate(const usage::UsageRow& sums) {
    const std::int64_t all = sums.hits + sums.misses;
    char text[32];
    std::snprintf(text, sizeof text, "%.2f",
                  100.0 * static_cast<double>(sums.hits) / static_cast<double>(all > 0 ? all : 1));
    return text;
}

std::string write(const Output& output) {
    const auto& sums = output.sums;
    JsonWriter json;
    json.begin_object().field("apiKey", output.key_id).field("datePrefix", output.date_prefix);
    json.field("requestCount", sums.requests);
    json.field("totalBytesSent", sums.bytes_out).field("totalBytesReceived", sums.bytes_in);
    json.field("successfulRequests", sums.successes).field("errorRequests", sums.errors);
    json.field("cacheHits", sums.hits).field("cacheMisses", sums.misses);
    json.field("averageResponseTimeMs", sums.average_time_ms.value_or(0.0));
    json.key("cacheHitRate");
    if (sums.hits + sums.misses == 0)
        json.number(std::int64_t{0});
    else
        json.string(hit_rate(sums));
    json.field("records", output.records).end_object();
    return json.take();
}

}  // namespace

std::vector<Route> sample_usage_routes(const UsageParts& parts) {
    const auto run = [parts](const Input& input) { return process(parts, input); };
    return {{"GET",
             "/usage",
             Access::kKeyHolder,
             Cost::kHeavy,
             "One key's usage in the shape of the published sample; for the key's holder or the admin.",
             {{"api_key", "the key's id or value"},
              {"date", "2026-10-01 or 2026-10-01T09"},
              {"month", "2026-10"}},
             "",
             kAnyObject,
             endpoint(read, run, write)}};
}

}  // namespace tally::api
