#pragma once

#include "rating/plan.hpp"
#include "rating/rate.hpp"

#include <vector>

namespace tally::rating {

// The lines of one charge, as numbers into the invoice's lines.
struct ChargeLines {
    const Charge* charge = nullptr;
    std::size_t first = 0;
    std::size_t count = 0;
};

// What follows the lines: discounts and coupons, max, min, the plan's minimum, tax, credits. Minimums are due
// only when `active`, for a time in which there was a subscription.
void add_totals(const Plan& plan, const RateInput& input, const std::vector<ChargeLines>& charges,
                bool active, RatedInvoice& invoice);

}  // namespace tally::rating
