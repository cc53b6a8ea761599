#pragma once

#include "accounts/page.hpp"
#include "accounts/usage_limits.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "model/usage_limits.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::accounts {

class Publication;

// A named class of keys and what each of them may do: its name stands in the request records of its keys
// (column `plan`).
struct UsagePlan {
    UsagePlanId id;             // up_…
    std::uint32_t ordinal = 0;  // its number at the edge, from 1, never another plan's; 0 = not stored yet
    std::string name;           // unique
    std::string description;
    UsageLimits limits;
    // When the quota got its period: use is counted from there. Set iff there is a quota.
    std::optional<Instant> quota_since;
    Instant created_at;
    Instant updated_at;
};

struct NewUsagePlan {
    std::string name;
    std::string description = {};
    UsageLimits limits = {};
};

// nullopt = leave as it is.
struct UsagePlanChange {
    std::optional<std::string> name = {};
    std::optional<std::string> description = {};
    LimitsChange limits = {};
};

// A port: state/ implements it. Thread-safe; a write is durable when it returns success.
class UsagePlanStore {
  public:
    virtual ~UsagePlanStore() = default;
    // The plan's ordinal. kAlreadyExists when the name is taken.
    [[nodiscard]] virtual Result<std::uint32_t> insert(const UsagePlan& plan) = 0;
    // kNotFound, or kAlreadyExists when the new name is taken.
    [[nodiscard]] virtual Status update(const UsagePlan& plan) = 0;
    // Revoked keys that were under it are under none afterwards. kNotFound; kConflict while active keys are
    // under it.
    [[nodiscard]] virtual Status remove(const UsagePlanId& id) = 0;
    [[nodiscard]] virtual Result<std::optional<UsagePlan>> find(const UsagePlanId& id) = 0;
    [[nodiscard]] virtual Result<std::optional<UsagePlan>> find_by_name(std::string_view name) = 0;
    [[nodiscard]] virtual Result<Page<UsagePlan>> list(const PageRequest& page) = 0;
    [[nodiscard]] virtual Result<std::vector<UsagePlan>> all() = 0;
};

// The rules of usage plans. Every change goes to the store first and to the edge after it, which obeys it at
// its next request; a crash in between is mended at the next start. Thread-safe as its store is; what it is
// given must outlive it.
class UsagePlans {
  public:
    UsagePlans(UsagePlanStore& store, Publication& publication, const Clock& clock, RandomSource& random)
        : store_(store), publication_(publication), clock_(clock), random_(random) {}

    // kInvalidArgument with the pointer of what is wrong; kAlreadyExists for a name that is taken.
    Result<UsagePlan> create(const NewUsagePlan& wanted);
    // By id or name; kNotFound.
    Result<UsagePlan> find(std::string_view reference);
    // What its keys have used of their quota stays, unless the quota gets another period: then they start
    // from 0.
    Result<UsagePlan> update(std::string_view reference, const UsagePlanChange& change);
    // The plan as it was. kConflict while active keys are under it.
    Result<UsagePlan> remove(std::string_view reference);
    Result<Page<UsagePlan>> list(const PageRequest& page);

  private:
    UsagePlanStore& store_;
    Publication& publication_;
    const Clock& clock_;
    RandomSource& random_;
};

}  // namespace tally::accounts
