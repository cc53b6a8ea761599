#pragma once

#include <cstdint>

// The calendar periods of a quota, in UTC, as API Gateway counts them: a day starts at 00:00, a week on
// Monday, a month on its first day. Pure arithmetic without the C++ library, because the nginx module uses it
// too.
namespace tally {

enum class QuotaPeriod : std::uint8_t { kDay, kWeek, kMonth };

namespace quota_detail {

inline constexpr std::int64_t kDayUs = 86'400'000'000;
inline constexpr std::int64_t kMondayOffset = 3;  // 1970-01-01 was a Thursday

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

// Days since 1970 of the first of `month` (0-11) of `year`, proleptic Gregorian: years are counted from
// March, so that the leap day is a year's last.
constexpr std::int64_t days_of_month_start(std::int64_t months) {
    const std::int64_t year =
        floor_div(months, 12) + 1970 - (months - floor_div(months, 12) * 12 < 2 ? 1 : 0);
    const std::int64_t month = (months - floor_div(months, 12) * 12 + 10) % 12;  // 0 = March
    const std::int64_t era = floor_div(year, 400);
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * month + 2) / 5;
    return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

// Months since January 1970 of a day since 1970.
constexpr std::int64_t month_of_day(std::int64_t day) {
    std::int64_t months = floor_div(day * 12, 365);  // at most some months off, mended below
    while (days_of_month_start(months) > day)
        --months;
    while (days_of_month_start(months + 1) <= day)
        ++months;
    return months;
}

}  // namespace quota_detail

// Periods since 1970 of the one that `time_us` (microseconds since 1970) falls into. Never decreases with
// time.
constexpr std::int64_t quota_period_number(QuotaPeriod period, std::int64_t time_us) {
    using namespace quota_detail;
    const std::int64_t day = floor_div(time_us, kDayUs);
    switch (period) {
        case QuotaPeriod::kDay: return day;
        case QuotaPeriod::kWeek: return floor_div(day + kMondayOffset, 7);
        case QuotaPeriod::kMonth: return month_of_day(day);
    }
    return day;
}

// When period `number` starts, in microseconds since 1970; the next one's start is its end.
constexpr std::int64_t quota_period_start_us(QuotaPeriod period, std::int64_t number) {
    using namespace quota_detail;
    switch (period) {
        case QuotaPeriod::kDay: return number * kDayUs;
        case QuotaPeriod::kWeek: return (number * 7 - kMondayOffset) * kDayUs;
        case QuotaPeriod::kMonth: return days_of_month_start(number) * kDayUs;
    }
    return 0;
}

static_assert(quota_period_start_us(QuotaPeriod::kMonth, 0) == 0);
static_assert(quota_period_start_us(QuotaPeriod::kMonth, 12 * 54 + 2) ==
              19'783 * quota_detail::kDayUs);  // 2024-03-01
static_assert(quota_period_number(QuotaPeriod::kMonth, 19'782 * quota_detail::kDayUs) ==
              12 * 54 + 1);  // 2024-02-29
static_assert(quota_period_number(QuotaPeriod::kMonth, -1) == -1);

}  // namespace tally
