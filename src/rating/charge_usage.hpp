#pragma once

#include "base/result.hpp"
#include "rating/aggregation.hpp"
#include "rating/models.hpp"
#include "rating/plan.hpp"
#include "rating/rate.hpp"

#include <optional>
#include <vector>

// From all the usage of a period to what one price is applied to: chosen by meter, split into groups and
// prices, aggregated, converted, less what is included.
namespace tally::rating {

// The usage of one line, or of one price of it.
struct UsageSlice {
    std::optional<Dimensions> group;  // set iff the charge has group_by
    std::vector<const UsageQuantity*> quantities;
    std::vector<EventRef> events;
};

// All of the period's usage, each event once. Points into the input, which must outlive it. An error for an
// id that stands for two different events.
Result<UsageSlice> collect_usage(const RateInput& input);

// One slice a line, in the order of the groups' values; exactly one where the charge has no group_by.
std::vector<UsageSlice> slice_by_group(const Charge& charge, const UsageSlice& usage);

// One slice for each price of a dimensional charge, in the order of the prices.
Result<std::vector<UsageSlice>> slice_by_price(const DimensionalPrice& price, const UsageSlice& slice);

// What the slice comes to in metered units, before convert and included.
struct UsageContext {
    const Plan& plan;
    const RateInput& input;
};

Result<Portion> make_portion(const UsageContext& context, const Charge& charge, const UsageSlice& slice);

// Turns metered into billed units and takes off what is left of the included ones.
void convert_and_include(const Charge& charge, Portion& portion, Ratio& included_left);

}  // namespace tally::rating
