#pragma once

#include "base/result.hpp"
#include "rating/fields.hpp"
#include "rating/periods.hpp"

#include <optional>
#include <string>

namespace tally::rating {

// "timezone"; UTC when absent.
Result<TimeZone> read_time_zone(Fields& fields);

// What a schedule is where its fields are absent. An empty interval means that it must be given; no anchor
// means the calendar.
struct ScheduleDefaults {
    std::string interval;
    std::optional<LocalTime> anchor;
};

// "interval", "count" (1) and "anchor" ("calendar", a date or an instant).
Result<Schedule> read_schedule(Fields& fields, const TimeZone& zone, const ScheduleDefaults& defaults);

// "from" and "to", `to` after `from`.
Result<Period> read_period(Fields& fields, const TimeZone& zone);

}  // namespace tally::rating
