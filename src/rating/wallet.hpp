#pragma once

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "base/result.hpp"
#include "rating/periods.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Prepaid balances burned down over time. Pure: a fold over everything that happens in [from, to), in order
// of time. At one instant the order is: expiry, reset, new grants, refills, old overage, usage.
namespace tally::rating {

struct Grant {
    std::string id;
    Decimal amount;
    std::int64_t priority = 0;  // lowest first
    Instant effective_at;
    std::optional<Instant> expires_at;  // exclusive
    Decimal rollover_min;
    Decimal rollover_max;
    std::optional<Schedule> recurrence;  // refills to `amount` at each boundary
};

struct WalletUsage {
    Instant at;
    Decimal amount;
};

struct WalletInput {
    std::vector<Grant> grants;
    std::map<std::string, Decimal> balances;  // at `from`; a grant without one begins with its amount
    Decimal overage;                          // at `from`
    std::vector<WalletUsage> usage;           // counts in [from, to)
    std::vector<Instant> resets;              // as all else, up to and at `to`
    bool preserve_overage = false;            // a reset clears the overage unless set
    Instant from;
    Instant to;
};

struct Burn {
    std::string grant;
    Decimal amount;
    Instant at;
};

struct WalletResult {
    std::map<std::string, Decimal> balances;  // of every grant, at `to`
    Decimal overage;
    std::vector<Burn> burned;  // in order of time and burn
};

// Errors are kInvalidArgument with a JSON pointer into the wallet document.
Result<WalletResult> run_wallet(const WalletInput& input);

}  // namespace tally::rating
