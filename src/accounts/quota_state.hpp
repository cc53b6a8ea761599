#pragma once

#include "accounts/keys.hpp"
#include "accounts/publication.hpp"
#include "accounts/usage_plans.hpp"
#include "base/clock.hpp"
#include "model/usage_limits.hpp"

#include <cstdint>
#include <optional>

namespace tally::accounts {

// How a key stands to the quota of its plan. limit = offset + used + remaining, unless the limit was made
// smaller than what was used.
struct QuotaState {
    std::int64_t limit = 0;
    std::int64_t offset = 0;  // taken off in this period
    std::int64_t used = 0;
    std::int64_t remaining = 0;
    QuotaPeriod period = QuotaPeriod::kMonth;
    Instant resets_at;
};

// What limits a key.
struct KeyLimits {
    std::optional<Throttle> throttle;
    std::optional<QuotaState> quota;
};

struct KeyWithLimits {
    ApiKey key;
    KeyLimits limits;
};

// Since when the key is under this quota: the later of its coming under the plan and of the quota's
// beginning.
Instant under_quota_since(const ApiKey& key, const UsagePlan& plan);

// quota_period_number of then; 0 for a plan without a quota.
std::int64_t first_quota_period(const ApiKey& key, const UsagePlan& plan);

// From when requests count for the period that `now` falls into.
Instant counted_since(const ApiKey& key, const UsagePlan& plan, const Quota& quota, Instant now);

// `count`: what the edge has counted, nullopt for nothing; a count of an earlier period is nothing too.
KeyLimits limits_of(const ApiKey& key, const UsagePlan& plan, const std::optional<QuotaCount>& count,
                    Instant now);

}  // namespace tally::accounts
