#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/time_zone.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tally::rating {

enum class Interval { kHour, kDay, kWeek, kMonth, kQuarter, kYear };

// "hour", "day", "week", "month", "quarter", "year".
Result<Interval> parse_interval(std::string_view name);
std::string_view interval_name(Interval interval);

// Half-open: `from` belongs to it, `to` to the next one.
struct Period {
    Instant from;
    Instant to;
    bool operator==(const Period&) const = default;
};

// A series of boundaries in local time: anchor + k x count x interval for every whole k, negative ones too.
struct Schedule {
    Interval interval = Interval::kMonth;
    std::int64_t count = 1;  // 1 to 10000
    std::optional<LocalTime>
        anchor;  // nullopt = calendar: counted from 2000-01-01, weeks from Monday 2000-01-03
    TimeZone zone = TimeZone::utc();
};

// Every period of the series that has an instant in [from, to), whole and in order. A boundary that falls in
// a gap of the clock moves on by the gap; in a fold the first of the two instants is taken; a day that a
// month does not have becomes its last day. kInvalidArgument when `to` is not after `from`, when the result
// would be more than 100,000 periods or when it leaves the years 1 to 9999.
Result<std::vector<Period>> periods_between(const Schedule& schedule, Instant from, Instant to);

// The one period of the series that holds `at`.
Result<Period> period_at(const Schedule& schedule, Instant at);

}  // namespace tally::rating
