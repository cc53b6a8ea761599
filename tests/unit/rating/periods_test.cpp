#include "rating/periods.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

Instant at(const char* text) {
    return parse_rfc3339(text).value();
}

Schedule schedule_of(Interval interval, std::int64_t count, const char* zone) {
    Schedule schedule;
    schedule.interval = interval;
    schedule.count = count;
    schedule.zone = TimeZone::find(zone).value();
    return schedule;
}

TEST(PeriodsBetween, TilesTimeWithoutHolesOrOverlaps) {
    for (const Interval interval : {Interval::kHour, Interval::kDay, Interval::kWeek, Interval::kMonth,
                                    Interval::kQuarter, Interval::kYear}) {
        for (const char* zone :
             {"UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"}) {
            const Instant from = at("2011-09-01T00:00:00Z");
            const Instant to = at("2012-04-01T00:00:00Z");
            const auto periods = periods_between(schedule_of(interval, 1, zone), from, to);
            ASSERT_TRUE(periods.ok());
            EXPECT_LE(periods->front().from, from);
            EXPECT_GT(periods->front().to, from);
            EXPECT_LT(periods->back().from, to);
            EXPECT_GE(periods->back().to, to);
            for (std::size_t i = 0; i < periods->size(); ++i) {
                EXPECT_LT((*periods)[i].from, (*periods)[i].to);
                if (i > 0) {
                    EXPECT_EQ((*periods)[i - 1].to, (*periods)[i].from);
                }
            }
        }
    }
}

TEST(PeriodsBetween, IsTheSameSeriesFromWhereverItIsAsked) {
    Schedule schedule = schedule_of(Interval::kMonth, 1, "America/New_York");
    schedule.anchor = LocalTime{{2026, 1, 31}, std::chrono::hours{2}};
    const auto all =
        periods_between(schedule, at("2020-01-01T00:00:00Z"), at("2032-01-01T00:00:00Z")).value();
    for (const Period& period : all) {
        EXPECT_EQ(period_at(schedule, period.from).value(), period);
        EXPECT_EQ(period_at(schedule, period.to - Microseconds{1}).value(), period);
    }
    EXPECT_EQ(all.size(), 12U * 12U + 1U);
}

TEST(PeriodsBetween, SkipsADayThatAZoneNeverHad) {
    const auto periods = periods_between(schedule_of(Interval::kDay, 1, "Pacific/Apia"),
                                         at("2011-12-29T10:00:00Z"), at("2011-12-31T10:00:00Z"))
                             .value();
    const TimeZone apia = TimeZone::find("Pacific/Apia").value();
    ASSERT_EQ(periods.size(), 2U);
    EXPECT_EQ(apia.format(periods[0].from), "2011-12-29T00:00:00-10:00");
    EXPECT_EQ(apia.format(periods[1].from), "2011-12-31T00:00:00+14:00");
}

TEST(PeriodsBetween, RefusesWhatHasNoAnswer) {
    const Schedule daily = schedule_of(Interval::kDay, 1, "UTC");
    const Instant now = at("2026-01-01T00:00:00Z");
    EXPECT_EQ(periods_between(daily, now, now).error().pointer, "/to");
    EXPECT_EQ(
        periods_between(schedule_of(Interval::kDay, 0, "UTC"), now, now + Microseconds{1}).error().pointer,
        "/count");
    EXPECT_FALSE(
        periods_between(schedule_of(Interval::kHour, 1, "UTC"), at("2000-01-01T00:00:00Z"), now).ok());
    EXPECT_FALSE(periods_between(schedule_of(Interval::kYear, 1, "UTC"), at("9999-06-01T00:00:00Z"),
                                 at("9999-07-01T00:00:00Z"))
                     .ok());
    EXPECT_FALSE(
        periods_between(schedule_of(Interval::kYear, 10'000, "UTC"), now, now + Microseconds{1}).ok());
}

TEST(Interval, HasOneNameEach) {
    for (const char* name : {"hour", "day", "week", "month", "quarter", "year"})
        EXPECT_EQ(interval_name(parse_interval(name).value()), name);
    EXPECT_FALSE(parse_interval("monthly").ok());
}

}  // namespace
}  // namespace tally::rating
