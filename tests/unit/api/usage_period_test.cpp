#include "api/usage_period.hpp"

#include "base/time_text.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally::api {
namespace {

const Instant kNow = *parse_rfc3339("2026-11-24T12:30:00Z");

std::string show(const Result<ResolvedPeriod>& period) {
    return period ? format_rfc3339(period->from) + " " + format_rfc3339(period->to) : period.error().message;
}

TEST(ResolvePeriod, DefaultsToTheRunningMonthOfTheZone) {
    EXPECT_EQ(show(resolve_period({}, TimeZone::utc(), kNow)), "2026-11-01T00:00:00Z 2026-12-01T00:00:00Z");
    EXPECT_EQ(show(resolve_period({}, *TimeZone::find("Asia/Tokyo"), kNow)),
              "2026-10-31T15:00:00Z 2026-11-30T15:00:00Z");
}

TEST(ResolvePeriod, DateMonthAndRange) {
    const auto berlin = *TimeZone::find("Europe/Berlin");
    EXPECT_EQ(show(resolve_period({{}, {}, "2026-10-25", {}}, berlin, kNow)),
              "2026-10-24T22:00:00Z 2026-10-25T23:00:00Z");  // 25 hours
    EXPECT_EQ(show(resolve_period({{}, {}, {}, "2026-12"}, berlin, kNow)),
              "2026-11-30T23:00:00Z 2026-12-31T23:00:00Z");
    EXPECT_EQ(show(resolve_period({"2026-10-01", "2026-10-02T03:00:00Z", {}, {}}, berlin, kNow)),
              "2026-09-30T22:00:00Z 2026-10-02T03:00:00Z");
}

TEST(ResolvePeriod, WithoutAnEndItReachesToNow) {
    EXPECT_EQ(show(resolve_period({"2026-11-24", {}, {}, {}}, TimeZone::utc(), kNow)),
              "2026-11-24T00:00:00Z 2026-11-24T12:30:00.000001Z");
}

TEST(ResolvePeriod, RefusesWhatCannotBeMeant) {
    const PeriodWish bad[] = {{{}, {}, "2026-10-25", "2026-10"},
                              {"2026-10-01", {}, {}, "2026-10"},
                              {"2026-10-02", "2026-10-02", {}, {}},
                              {"2026-10-02", "2026-10-01", {}, {}},
                              {{}, {}, {}, "2026-13"},
                              {{}, {}, {}, "2026-1"},
                              {{}, {}, {}, "2026-10-01"},
                              {{}, {}, "2026-02-30", {}},
                              {"yesterday", {}, {}, {}}};
    for (const auto& wish : bad)
        EXPECT_FALSE(resolve_period(wish, TimeZone::utc(), kNow).ok())
            << show(resolve_period(wish, TimeZone::utc(), kNow));
}

TEST(CutIntoWindows, AtLocalBoundariesAlsoWhereTheClockChanges) {
    const auto berlin = *TimeZone::find("Europe/Berlin");
    const auto day = *resolve_period({{}, {}, "2026-10-25", {}}, berlin, kNow);
    EXPECT_EQ(cut_into_windows(day, "hour", berlin, 100)->size(), 25U);
    EXPECT_EQ(cut_into_windows(day, "day", berlin, 100)->size(), 1U);
    const auto year = *resolve_period({"2026-01-15", "2027-01-15", {}, {}}, berlin, kNow);
    const auto months = *cut_into_windows(year, "month", berlin, 100);
    ASSERT_EQ(months.size(), 13U);
    EXPECT_EQ(months.front().from, year.from);
    EXPECT_EQ(months.back().to, year.to);
    for (std::size_t i = 1; i < months.size(); ++i)
        EXPECT_EQ(months[i - 1].to, months[i].from);
    EXPECT_FALSE(cut_into_windows(year, "hour", berlin, 100).ok());
}

}  // namespace
}  // namespace tally::api
