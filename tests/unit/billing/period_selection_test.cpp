#include "billing/period_selection.hpp"

#include "unit/billing/billing_parts.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

using rating::Period;
using test::at;

TimeZone zone(const char* name) {
    return TimeZone::find(name).value();
}

Subscription from(const char* start, const char* end = nullptr) {
    Subscription subscription;
    subscription.from = at(start);
    if (end != nullptr)
        subscription.to = at(end);
    return subscription;
}

rating::Schedule monthly(const char* zone_name) {
    rating::Schedule schedule;
    schedule.zone = zone(zone_name);
    return schedule;
}

TEST(MonthIn, IsFromLocalMidnightToLocalMidnight) {
    const Period october = month_in("2026-10", zone("Europe/Berlin")).value();
    EXPECT_EQ(october.from, at("2026-09-30T22:00:00Z"));
    EXPECT_EQ(october.to, at("2026-10-31T23:00:00Z"));
    EXPECT_EQ(october.to - october.from, std::chrono::hours(31 * 24 + 1))
        << "one day of October has 25 hours";
    const Period march = month_in("2026-03", zone("Europe/Berlin")).value();
    EXPECT_EQ(march.to - march.from, std::chrono::hours(31 * 24 - 1)) << "one day of March has 23 hours";
    const Period december = month_in("2026-12", zone("Asia/Kolkata")).value();
    EXPECT_EQ(december.from, at("2026-11-30T18:30:00Z"));
    EXPECT_EQ(december.to, at("2026-12-31T18:30:00Z"));
}

TEST(MonthIn, RefusesWhatIsNoMonth) {
    for (const char* text :
         {"", "2026", "2026-13", "2026-00", "2026-1", "26-10", "2026-10-01", "2026/10", "october"}) {
        const Result<Period> month = month_in(text, TimeZone::utc());
        ASSERT_FALSE(month.ok()) << text;
        EXPECT_EQ(month.error().pointer, "/month");
    }
}

TEST(PeriodsEndingIn, OfACalendarMonthPlanIsTheMonth) {
    const rating::Schedule schedule = monthly("Europe/Berlin");
    const Period october = month_in("2026-10", schedule.zone).value();
    const auto periods = periods_ending_in(schedule, from("2026-01-01T00:00:00Z"), october).value();
    ASSERT_EQ(periods.size(), 1U);
    EXPECT_EQ(periods.front(), october);
}

TEST(PeriodsEndingIn, OfAnAnchoredPlanEndsWithinTheMonth) {
    rating::Schedule schedule = monthly("UTC");
    schedule.anchor = LocalTime{.date = {2026, 1, 15}, .time_of_day = {}};
    const Period october = month_in("2026-10", schedule.zone).value();
    const auto periods = periods_ending_in(schedule, from("2026-01-01T00:00:00Z"), october).value();
    ASSERT_EQ(periods.size(), 1U);
    EXPECT_EQ(periods.front(), (Period{at("2026-09-15T00:00:00Z"), at("2026-10-15T00:00:00Z")}));
    // The subscription was over before the month began, but its last period ends in it.
    const auto last =
        periods_ending_in(schedule, from("2026-01-01T00:00:00Z", "2026-09-20T00:00:00Z"), october).value();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last.front(), periods.front());
    EXPECT_TRUE(periods_ending_in(schedule, from("2026-01-01T00:00:00Z", "2026-09-15T00:00:00Z"), october)
                    .value()
                    .empty());
}

TEST(PeriodsEndingIn, OfADailyPlanAreTheDaysOfTheMonth) {
    rating::Schedule schedule = monthly("Europe/Berlin");
    schedule.interval = rating::Interval::kDay;
    const Period october = month_in("2026-10", schedule.zone).value();
    const auto days = periods_ending_in(schedule, from("2026-01-01T00:00:00Z"), october).value();
    ASSERT_EQ(days.size(), 31U);
    EXPECT_EQ(days.front().from, october.from);
    EXPECT_EQ(days.back().to, october.to);
    for (std::size_t i = 1; i < days.size(); ++i)
        EXPECT_EQ(days[i].from, days[i - 1].to);
    EXPECT_EQ(days[24].to - days[24].from, std::chrono::hours(25));
}

TEST(PeriodsEndingIn, EveryPeriodIsInExactlyOneMonth) {
    rating::Schedule schedule = monthly("America/New_York");
    schedule.interval = rating::Interval::kWeek;
    std::vector<Period> all;
    for (const char* month : {"2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"}) {
        const auto found =
            periods_ending_in(schedule, from("2025-01-01T00:00:00Z"), month_in(month, schedule.zone).value())
                .value();
        all.insert(all.end(), found.begin(), found.end());
    }
    ASSERT_GE(all.size(), 25U);
    for (std::size_t i = 1; i < all.size(); ++i)
        EXPECT_EQ(all[i].from, all[i - 1].to);
}

TEST(PeriodsEndedBy, AreThoseOverAtTheInstant) {
    const rating::Schedule schedule = monthly("UTC");
    const Subscription subscription = from("2026-08-10T00:00:00Z", "2026-10-05T00:00:00Z");
    EXPECT_TRUE(periods_ended_by(schedule, subscription, at("2026-08-10T00:00:00Z")).value().empty());
    EXPECT_TRUE(periods_ended_by(schedule, subscription, at("2026-08-31T23:59:59Z")).value().empty());
    EXPECT_EQ(periods_ended_by(schedule, subscription, at("2026-09-01T00:00:00Z")).value().size(), 1U);
    EXPECT_EQ(periods_ended_by(schedule, subscription, at("2026-10-31T00:00:00Z")).value().size(), 2U);
    EXPECT_EQ(periods_ended_by(schedule, subscription, at("2027-10-31T00:00:00Z")).value().size(), 3U);
}

TEST(ActivePart, IsWhereBothAre) {
    const Period october{at("2026-10-01T00:00:00Z"), at("2026-11-01T00:00:00Z")};
    EXPECT_EQ(active_part(from("2026-01-01T00:00:00Z"), october), october);
    EXPECT_EQ(active_part(from("2026-10-10T00:00:00Z", "2026-10-20T00:00:00Z"), october),
              (Period{at("2026-10-10T00:00:00Z"), at("2026-10-20T00:00:00Z")}));
    EXPECT_EQ(active_part(from("2026-11-01T00:00:00Z"), october), std::nullopt);
    EXPECT_EQ(active_part(from("2026-01-01T00:00:00Z", "2026-10-01T00:00:00Z"), october), std::nullopt);
}

}  // namespace
}  // namespace tally::billing
