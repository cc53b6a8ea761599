#pragma once

#include "base/decimal.hpp"
#include "base/result.hpp"
#include "rating/plan.hpp"
#include "rating/rate.hpp"

#include <cstdint>
#include <vector>

// How many more requests an amount pays for. Pure.
namespace tally::billing {

// A running period with its usage so far, and what a further request adds to it.
struct RunningPeriod {
    rating::Plan plan;
    rating::RateInput input;
    std::vector<rating::UsageQuantity> per_request;
    bool exact = true;  // no request can add more than per_request; false = it is the shape of those so far
};

// What the periods cost after `requests` more, in the plans' currency: the totals of their invoices.
Result<Decimal> cost_after(const std::vector<RunningPeriod>& periods, std::uint64_t requests);

struct AffordableRequests {
    std::uint64_t requests = 0;
    Decimal cost;  // of the periods as they are
};

// The largest number of further requests, at most `requests_max`, such that neither they nor any fewer of
// them cost more than `budget`: also where a price falls with the quantity, the first request that cannot be
// paid ends it. 0 when the periods as they are cost more than the budget already. A quantity that the plan
// has no price for cannot be paid.
Result<AffordableRequests> affordable_requests(const std::vector<RunningPeriod>& periods,
                                               const Decimal& budget, std::uint64_t requests_max);

}  // namespace tally::billing
