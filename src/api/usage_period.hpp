#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/time_zone.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tally::api {

// A period as people ask for it: from/to (instants or dates), or one date, or one month; nothing = the month
// that is running.
struct PeriodWish {
    std::optional<std::string> from;
    std::optional<std::string> to;
    std::optional<std::string> date;   // "2026-10-01"
    std::optional<std::string> month;  // "2026-10"
};

// Half-open.
struct ResolvedPeriod {
    Instant from;
    Instant to;
};

// kInvalidArgument when the wishes contradict each other, cannot be read, or the period is empty.
Result<ResolvedPeriod> resolve_period(const PeriodWish& wish, const TimeZone& zone, Instant now);

// "hour", "day", "month": the windows that [from, to) is cut into at the zone's local boundaries; the first
// and last may be shorter. kInvalidArgument for more than `max` of them.
Result<std::vector<ResolvedPeriod>> cut_into_windows(const ResolvedPeriod& period, const std::string& window,
                                                     const TimeZone& zone, std::size_t max);

}  // namespace tally::api
