#pragma once

#include "base/result.hpp"
#include "rating/meter_rule.hpp"
#include "rating/periods.hpp"
#include "rating/rate.hpp"
#include "rating/ratio.hpp"

#include <vector>

// Raw values to one quantity. Events are given in order of time; those outside the period do not count, but
// what came before it does where the meter is recurring (as if it came at the period's begin).
namespace tally::rating {

// An event with its place in the input, for messages.
struct EventRef {
    const UsageEvent* event = nullptr;
    std::size_t index = 0;
};

// The values of the events as numbers, times the meter's scale. Errors point at "/events/<index>/value".
Result<std::vector<Ratio>> event_values(const MeterRule& rule, const std::vector<EventRef>& events);

// The meter's aggregate over the events; 0 when there are none.
Result<Ratio> aggregate(const MeterRule& rule, const std::vector<EventRef>& events, const Period& period);

// The events that count: in the period, or before it for a recurring meter; in order of time, then of the
// input.
std::vector<EventRef> events_that_count(const MeterRule& rule, std::vector<EventRef> events,
                                        const Period& period);

}  // namespace tally::rating
