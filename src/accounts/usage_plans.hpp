#pragma once

#include "accounts/page.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tally::accounts {

// A named class of keys: its name stands in each request record of its keys (column `plan`). Throttles and
// quotas will be properties of it.
struct UsagePlan {
    UsagePlanId id;    // up_…
    std::string name;  // unique
    std::string description;
    Instant created_at;
};

struct NewUsagePlan {
    std::string name;
    std::string description = {};
};

// A port: state/ implements it. Thread-safe; a write is durable when it returns success.
class UsagePlanStore {
  public:
    virtual ~UsagePlanStore() = default;
    // kAlreadyExists when the name is taken.
    [[nodiscard]] virtual Status insert(const UsagePlan& plan) = 0;
    [[nodiscard]] virtual Result<std::optional<UsagePlan>> find(const UsagePlanId& id) = 0;
    [[nodiscard]] virtual Result<std::optional<UsagePlan>> find_by_name(std::string_view name) = 0;
    [[nodiscard]] virtual Result<Page<UsagePlan>> list(const PageRequest& page) = 0;
};

// Thread-safe as its store is; what it is given must outlive it.
class UsagePlans {
  public:
    UsagePlans(UsagePlanStore& store, const Clock& clock, RandomSource& random)
        : store_(store), clock_(clock), random_(random) {}

    Result<UsagePlan> create(const NewUsagePlan& wanted);
    // By id or name; kNotFound.
    Result<UsagePlan> find(std::string_view reference);
    Result<Page<UsagePlan>> list(const PageRequest& page);

  private:
    UsagePlanStore& store_;
    const Clock& clock_;
    RandomSource& random_;
};

}  // namespace tally::accounts
