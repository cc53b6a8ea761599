#include "app/quota_rebuild.hpp"

#include "accounts/quota_state.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <unordered_map>

namespace tally::app {
namespace {

// The identified requests of the keys in $1, each since its moment in $2 (microseconds since 1970), that came
// as far as their limits and were let in; $3 is the earliest of the moments. Left out are refusals by a limit
// or for want of room, the redirect to https, methods and sizes that are refused before limits are looked at,
// and the edge's own 503, which says that limits could not be read.
constexpr const char* kAdmittedRequests = R"sql(
SELECT k.id, count(*)
FROM (SELECT unnest(string_split($1, ',')) AS id,
             CAST(unnest(string_split($2, ',')) AS BIGINT) AS since_us) k
JOIN requests r ON r.api_key_id = k.id AND epoch_us(r."timestamp") >= k.since_us
WHERE r."timestamp" >= make_timestamptz(CAST($3 AS BIGINT))
  AND r.auth_result = 'identified'
  AND coalesce(r.x_edge_result_type, '') NOT IN ('LimitExceeded', 'CapacityExceeded', 'Redirect')
  AND coalesce(r.x_edge_response_result_type, '') NOT IN ('LimitExceeded', 'CapacityExceeded', 'Redirect')
  AND NOT (coalesce(r.sc_status, 0) IN (405, 413)
           AND coalesce(r.x_edge_detailed_result_type, '') IN ('InvalidRequestMethod', 'InvalidRequest'))
  AND NOT (coalesce(r.sc_status, 0) = 503 AND coalesce(r.x_edge_detailed_result_type, '') = 'Error')
GROUP BY k.id
)sql";

constexpr std::chrono::minutes kTimeMax{30};

struct CountedKey {
    std::uint32_t ordinal = 0;
    std::int64_t period = 0;
};

// The keys that have a quota, in the form in which the query takes them.
struct CountedKeys {
    std::unordered_map<std::string, CountedKey> by_id;
    std::string ids;
    std::string moments;
    std::int64_t earliest_us = 0;
};

void add(CountedKeys& out, const accounts::ApiKey& key, const accounts::UsagePlan& plan, Instant now) {
    const Quota& quota = *plan.limits.quota;
    const std::int64_t since = to_us(accounts::counted_since(key, plan, quota, now));
    const bool is_first = out.by_id.empty();
    out.by_id[key.id.str()] = {key.ordinal, quota_period_number(quota.period, to_us(now))};
    out.ids += (is_first ? "" : ",") + key.id.str();
    out.moments += (is_first ? "" : ",") + std::to_string(since);
    out.earliest_us = is_first ? since : std::min(out.earliest_us, since);
}

Result<CountedKeys> find_counted_keys(const QuotaRebuildParts& parts, Instant now) {
    TRY_ASSIGN(const auto plans, parts.plans.all());
    TRY_ASSIGN(const auto keys, parts.keys.all());
    std::unordered_map<UsagePlanId, const accounts::UsagePlan*> with_quota;
    for (const auto& plan : plans)
        if (plan.limits.quota)
            with_quota.emplace(plan.id, &plan);
    CountedKeys out;
    for (const auto& key : keys) {
        const auto plan = with_quota.find(key.usage_plan_id);
        if (plan != with_quota.end() && key.status == accounts::KeyStatus::kActive)
            add(out, key, *plan->second, now);
    }
    return out;
}

}  // namespace

Status rebuild_quota_counts(const QuotaRebuildParts& parts) {
    TRY_ASSIGN(const CountedKeys keys, find_counted_keys(parts, parts.clock.now()));
    if (keys.by_id.empty())
        return {};
    query::QueryLimits limits;
    limits.time = kTimeMax;
    limits.rows_max = keys.by_id.size() + 1;
    TRY_ASSIGN(
        const auto counted,
        parts.engine.run(kAdmittedRequests, {{keys.ids}, {keys.moments}, {keys.earliest_us}}, {}, limits));
    for (const auto& row : counted.rows) {
        const auto* id = std::get_if<std::string>(&row.at(0).value);
        const auto* count = std::get_if<std::int64_t>(&row.at(1).value);
        if (id == nullptr || count == nullptr)
            return Error{ErrorCode::kInternal, "the count of requests came in another form"};
        const CountedKey& key = keys.by_id.at(*id);
        TRY(parts.counters.set(key.ordinal, {key.period, *count}));
    }
    return {};
}

}  // namespace tally::app
