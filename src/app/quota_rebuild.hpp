#pragma once

#include "accounts/keys.hpp"
#include "accounts/publication.hpp"
#include "accounts/usage_plans.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "query/query_engine.hpp"

namespace tally::app {

struct QuotaRebuildParts {
    accounts::UsagePlanStore& plans;
    accounts::KeyStore& keys;
    query::QueryEngine& engine;
    accounts::QuotaCounters& counters;
    const Clock& clock;
};

// Sets what each active key has used of its quota's running period to the number of its admitted requests
// that were recorded, in the lake or the capture log: for a limit file that was lost. What the edge counted
// is met exactly, but for requests that were let in and not answered when the machine fell, and for those
// that arrived in one period and were let in in the next. Asks the query engine only when there is a quota.
Status rebuild_quota_counts(const QuotaRebuildParts& parts);

}  // namespace tally::app
