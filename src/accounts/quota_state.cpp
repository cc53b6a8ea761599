#include "accounts/quota_state.hpp"

#include <algorithm>

namespace tally::accounts {

Instant under_quota_since(const ApiKey& key, const UsagePlan& plan) {
    return std::max(key.plan_since.value_or(key.created_at), plan.quota_since.value_or(plan.created_at));
}

std::int64_t first_quota_period(const ApiKey& key, const UsagePlan& plan) {
    if (!plan.limits.quota)
        return 0;
    return quota_period_number(plan.limits.quota->period, to_us(under_quota_since(key, plan)));
}

Instant counted_since(const ApiKey& key, const UsagePlan& plan, const Quota& quota, Instant now) {
    const std::int64_t period = quota_period_number(quota.period, to_us(now));
    const Instant start = instant_from_us(quota_period_start_us(quota.period, period));
    return std::max(start, under_quota_since(key, plan));
}

KeyLimits limits_of(const ApiKey& key, const UsagePlan& plan, const std::optional<QuotaCount>& count,
                    Instant now) {
    KeyLimits limits{plan.limits.throttle, std::nullopt};
    if (!plan.limits.quota)
        return limits;
    const Quota& quota = *plan.limits.quota;
    const std::int64_t period = quota_period_number(quota.period, to_us(now));
    QuotaState state;
    state.limit = quota.limit;
    state.offset = period == first_quota_period(key, plan) ? quota.offset : 0;
    state.used = count && count->period == period ? count->used : 0;
    state.remaining = std::max<std::int64_t>(0, state.limit - state.offset - state.used);
    state.period = quota.period;
    state.resets_at = instant_from_us(quota_period_start_us(quota.period, period + 1));
    limits.quota = state;
    return limits;
}

}  // namespace tally::accounts
