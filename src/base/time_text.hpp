#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace tally {

// RFC 3339 in UTC: "2026-10-01T00:00:00Z"; fractions of a second (up to 6 digits) only when there are any.
std::string format_rfc3339(Instant at);

// RFC 3339 with any offset, up to 9 fraction digits (cut to microseconds) and the leap second :60 (read as
// the following second). kInvalidArgument says what is wrong and shows the text.
Result<Instant> parse_rfc3339(std::string_view text);

// A calendar date without zone, "2026-10-01".
struct CivilDate {
    int year = 1970;
    unsigned month = 1;
    unsigned day = 1;
    auto operator<=>(const CivilDate&) const = default;
};

Result<CivilDate> parse_date(std::string_view text);
std::string format_date(CivilDate date);

// Days since 1970-01-01 of the UTC day that `at` falls in, before 1970 too.
std::int32_t utc_day(Instant at);
CivilDate civil_from_days(std::int32_t days_since_epoch);
std::int32_t days_from_civil(CivilDate date);

}  // namespace tally
