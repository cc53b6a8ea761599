#pragma once

#include "base/result.hpp"
#include "billing/plans.hpp"

#include <string_view>
#include <vector>

namespace tally::billing {

// The places where two plan documents (JSON) differ, in the order of the first, then what only the second
// has. Lists of objects with a "code" are matched by it, so that a charge moved or put in between is no
// difference.
Result<std::vector<PlanDifference>> diff_plans(std::string_view before, std::string_view after);

}  // namespace tally::billing
