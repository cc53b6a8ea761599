#include "model/quota_period.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

// Worked out by another calendar (Python's datetime).
struct CalendarRow {
    const char* date;
    std::int64_t day;  // since 1970
    std::int64_t week;
    std::int64_t month;
    std::int64_t week_start;   // the Monday, as a day
    std::int64_t month_start;  // the first, as a day
    std::int64_t month_days;
};

TEST(QuotaPeriodTest, DaysWeeksAndMonthsAreThoseOfTheCalendar) {
    const CalendarRow rows[] = {
        {"1970-01-01", 0, 0, 0, -3, 0, 31},
        {"1970-02-01", 31, 4, 1, 25, 31, 28},
        {"1972-02-29", 789, 113, 25, 788, 761, 29},
        {"1972-03-01", 790, 113, 26, 788, 790, 31},
        {"1999-12-31", 10956, 1565, 359, 10952, 10926, 31},
        {"2000-02-29", 11016, 1574, 361, 11015, 10988, 29},
        {"2000-03-01", 11017, 1574, 362, 11015, 11017, 31},
        {"2024-02-28", 19781, 2826, 649, 19779, 19754, 29},
        {"2024-02-29", 19782, 2826, 649, 19779, 19754, 29},
        {"2024-03-01", 19783, 2826, 650, 19779, 19783, 31},
        {"2024-12-31", 20088, 2870, 659, 20087, 20058, 31},
        {"2025-01-01", 20089, 2870, 660, 20087, 20089, 31},
        {"2025-12-28", 20450, 2921, 671, 20444, 20423, 31},
        {"2025-12-29", 20451, 2922, 671, 20451, 20423, 31},
        {"2026-01-04", 20457, 2922, 672, 20451, 20454, 31},
        {"2026-01-05", 20458, 2923, 672, 20458, 20454, 31},
        {"2026-02-28", 20512, 2930, 673, 20507, 20485, 28},
        {"2026-03-01", 20513, 2930, 674, 20507, 20513, 31},
        {"2026-11-22", 20779, 2968, 682, 20773, 20758, 30},
        {"2026-11-23", 20780, 2969, 682, 20780, 20758, 30},
        {"2028-02-29", 21243, 3035, 697, 21242, 21215, 29},
        {"2037-12-31", 24836, 3548, 815, 24833, 24806, 31},
        {"2038-01-19", 24855, 3551, 816, 24854, 24837, 31},
        {"2100-02-28", 47540, 6791, 1561, 47534, 47513, 28},
        {"2100-03-01", 47541, 6792, 1562, 47541, 47541, 31},
        {"2149-06-06", 65535, 9362, 2153, 65531, 65530, 30},
    };
    for (const CalendarRow& row : rows) {
        for (const std::int64_t at : {row.day * kDayUs, (row.day + 1) * kDayUs - 1}) {
            EXPECT_EQ(quota_period_number(QuotaPeriod::kDay, at), row.day) << row.date;
            EXPECT_EQ(quota_period_number(QuotaPeriod::kWeek, at), row.week) << row.date;
            EXPECT_EQ(quota_period_number(QuotaPeriod::kMonth, at), row.month) << row.date;
        }
        EXPECT_EQ(quota_period_start_us(QuotaPeriod::kDay, row.day), row.day * kDayUs) << row.date;
        EXPECT_EQ(quota_period_start_us(QuotaPeriod::kWeek, row.week), row.week_start * kDayUs) << row.date;
        EXPECT_EQ(quota_period_start_us(QuotaPeriod::kMonth, row.month), row.month_start * kDayUs)
            << row.date;
        EXPECT_EQ(quota_period_start_us(QuotaPeriod::kMonth, row.month + 1),
                  (row.month_start + row.month_days) * kDayUs)
            << row.date;
    }
}

// 179 years day by day: numbers never go back, and each period ends where the next one starts.
TEST(QuotaPeriodTest, PeriodsFollowEachOtherWithoutGapAndOverlap) {
    for (const QuotaPeriod period : {QuotaPeriod::kDay, QuotaPeriod::kWeek, QuotaPeriod::kMonth}) {
        std::int64_t last = quota_period_number(period, -1);
        for (std::int64_t day = 0; day < 65'536; ++day) {
            const std::int64_t number = quota_period_number(period, day * kDayUs);
            ASSERT_TRUE(number == last || number == last + 1) << day;
            ASSERT_EQ(number == last + 1, quota_period_start_us(period, number) == day * kDayUs) << day;
            last = number;
        }
    }
}

}  // namespace
}  // namespace tally
