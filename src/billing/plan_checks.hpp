#pragma once

#include "base/result.hpp"
#include "billing/meters.hpp"
#include "rating/plan.hpp"

// What a plan must fulfil beyond being readable.
namespace tally::billing {

// Every meter of the plan exists and is not archived, and has the dimensions that the charge prices by.
// Errors carry a pointer into the plan.
Status check_plan_meters(const rating::Plan& plan, Meters& meters);

}  // namespace tally::billing
