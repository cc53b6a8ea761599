#include "base/posix_zone_rule.hpp"

#include "base/time_text.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

std::int64_t minutes_at(const char* rule, const char* instant) {
    const auto parsed = PosixZoneRule::parse(rule);
    EXPECT_TRUE(parsed.has_value()) << rule;
    const auto at = std::chrono::floor<std::chrono::seconds>(parse_rfc3339(instant).value());
    return parsed ? std::chrono::duration_cast<std::chrono::minutes>(parsed->offset_at(at)).count() : -1;
}

TEST(PosixZoneRule, ChangesAtTheInstantOfTheRule) {
    const char* berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
    EXPECT_EQ(minutes_at(berlin, "2040-03-25T00:59:59Z"), 60);
    EXPECT_EQ(minutes_at(berlin, "2040-03-25T01:00:00Z"), 120);
    EXPECT_EQ(minutes_at(berlin, "2040-10-28T00:59:59Z"), 120);
    EXPECT_EQ(minutes_at(berlin, "2040-10-28T01:00:00Z"), 60);
}

TEST(PosixZoneRule, HoldsOverTheTurnOfTheYearInTheSouth) {
    const char* sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
    EXPECT_EQ(minutes_at(sydney, "2040-01-01T00:00:00Z"), 660);
    EXPECT_EQ(minutes_at(sydney, "2040-07-01T00:00:00Z"), 600);
    EXPECT_EQ(minutes_at(sydney, "2040-12-31T23:00:00Z"), 660);
}

TEST(PosixZoneRule, ReadsNumbersForNamesHalfHoursAndTimesBeyondTheDay) {
    EXPECT_EQ(minutes_at("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2040-01-01T00:00:00Z"), 660);
    EXPECT_EQ(minutes_at("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2040-07-01T00:00:00Z"), 630);
    // Nuuk changes the evening before: the last Sunday of March 2040 is the 25th.
    EXPECT_EQ(minutes_at("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2040-03-25T00:59:59Z"), -120);
    EXPECT_EQ(minutes_at("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2040-03-25T01:00:00Z"), -60);
    // Jerusalem counts to the Friday before the last Sunday: 26 hours after Thursday's midnight.
    EXPECT_EQ(minutes_at("IST-2IDT,M3.4.4/26,M10.5.0", "2040-03-22T23:59:59Z"), 120);
    EXPECT_EQ(minutes_at("IST-2IDT,M3.4.4/26,M10.5.0", "2040-03-23T00:00:00Z"), 180);
}

TEST(PosixZoneRule, ReadsDaysOfTheYear) {
    // 1 March is day 60 without leap days and day 60 counted from 0 in a leap year.
    EXPECT_EQ(minutes_at("AAA0BBB,J60/0,J300/0", "2040-02-29T23:59:59Z"), 0);
    EXPECT_EQ(minutes_at("AAA0BBB,J60/0,J300/0", "2040-03-01T00:00:00Z"), 60);
    EXPECT_EQ(minutes_at("AAA0BBB,59/0,300/0", "2040-02-28T23:59:59Z"), 0);
    EXPECT_EQ(minutes_at("AAA0BBB,59/0,300/0", "2040-02-29T00:00:00Z"), 60);
}

TEST(PosixZoneRule, IsNothingWithoutDaylightSavingTime) {
    for (const char* text :
         {"", "UTC0", "JST-9", "<+03>-3", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
          "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1CEST,M3.6.0,M10.5.0", "<CET-1CEST,M3.5.0,M10.5.0"})
        EXPECT_FALSE(PosixZoneRule::parse(text).has_value()) << text;
}

}  // namespace
}  // namespace tally
