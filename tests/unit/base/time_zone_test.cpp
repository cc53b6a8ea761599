#include "base/time_zone.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TimeZone zone(const char* name) {
    return TimeZone::find(name).value();
}

Instant at(const char* text) {
    return parse_rfc3339(text).value();
}

std::string local(const char* name, const char* text) {
    return zone(name).format(at(text));
}

LocalTime local_time(const char* date, int hour, int minute) {
    return {parse_date(date).value(), std::chrono::hours{hour} + std::chrono::minutes{minute}};
}

std::string instant_of(const char* name, const char* date, int hour, int minute) {
    return format_rfc3339(zone(name).to_instant(local_time(date, hour, minute)));
}

TEST(TimeZone, IsFoundByItsIanaNameOnly) {
    EXPECT_EQ(zone("America/New_York").name(), "America/New_York");
    for (const char* name : {"", "Berlin", "CEST", "+02:00", "Europe", "../../etc/passwd", "Europe/berlin"}) {
        const auto found = TimeZone::find(name);
        ASSERT_FALSE(found.ok()) << name;
        EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
        EXPECT_NE(found.error().message.find("Europe/Berlin"), std::string::npos);
    }
}

TEST(TimeZone, WritesTheOffsetOfTheInstant) {
    EXPECT_EQ(local("UTC", "2026-10-01T00:00:00Z"), "2026-10-01T00:00:00+00:00");
    EXPECT_EQ(local("Europe/Berlin", "2026-10-01T00:00:00Z"), "2026-10-01T02:00:00+02:00");
    EXPECT_EQ(local("Europe/Berlin", "2026-12-01T00:00:00Z"), "2026-12-01T01:00:00+01:00");
    EXPECT_EQ(local("Asia/Kolkata", "2026-10-01T00:00:00.25Z"), "2026-10-01T05:30:00.25+05:30");
    EXPECT_EQ(local("America/St_Johns", "2026-12-01T00:00:00Z"), "2026-11-30T20:30:00-03:30");
}

TEST(TimeZone, KeepsTheInstantWhereAnOffsetHasSeconds) {
    // Berlin's local mean time was +00:53:28.
    EXPECT_EQ(local("Europe/Berlin", "1850-01-01T00:00:00Z"), "1850-01-01T00:53:00+00:53");
}

TEST(TimeZone, MovesOnByTheGap) {
    EXPECT_EQ(instant_of("Europe/Berlin", "2026-03-29", 1, 59), "2026-03-29T00:59:00Z");
    EXPECT_EQ(instant_of("Europe/Berlin", "2026-03-29", 2, 0), "2026-03-29T01:00:00Z");
    EXPECT_EQ(instant_of("Europe/Berlin", "2026-03-29", 2, 30), "2026-03-29T01:30:00Z");
    EXPECT_EQ(instant_of("Europe/Berlin", "2026-03-29", 3, 0), "2026-03-29T01:00:00Z");
    EXPECT_EQ(instant_of("Australia/Lord_Howe", "2026-10-04", 2, 10), "2026-10-03T15:40:00Z");
}

TEST(TimeZone, MidnightMayFallIntoAGap) {
    const Instant midnight = zone("America/Sao_Paulo").local_midnight(parse_date("2018-11-04").value());
    EXPECT_EQ(zone("America/Sao_Paulo").format(midnight), "2018-11-04T01:00:00-02:00");
}

TEST(TimeZone, ADayThatAZoneSkippedIsItsGap) {
    // Samoa went from 29 to 31 December 2011.
    EXPECT_EQ(instant_of("Pacific/Apia", "2011-12-30", 12, 0), "2011-12-30T22:00:00Z");
    EXPECT_EQ(instant_of("Pacific/Apia", "2011-12-31", 12, 0), "2011-12-30T22:00:00Z");
}

TEST(TimeZone, TakesTheFirstOfAFold) {
    EXPECT_EQ(instant_of("Europe/Berlin", "2026-10-25", 2, 0), "2026-10-25T00:00:00Z");
    EXPECT_EQ(instant_of("Europe/Berlin", "2026-10-25", 2, 59), "2026-10-25T00:59:00Z");
    EXPECT_EQ(instant_of("Europe/Berlin", "2026-10-25", 3, 0), "2026-10-25T02:00:00Z");
}

TEST(TimeZone, KnowsTheRuleAfterTheTable) {
    EXPECT_EQ(local("Europe/Berlin", "2040-07-01T00:00:00Z"), "2040-07-01T02:00:00+02:00");
    EXPECT_EQ(local("Europe/Berlin", "2040-01-01T00:00:00Z"), "2040-01-01T01:00:00+01:00");
    EXPECT_EQ(local("Europe/Dublin", "2050-07-01T00:00:00Z"), "2050-07-01T01:00:00+01:00");
    EXPECT_EQ(local("Australia/Sydney", "2050-01-01T00:00:00Z"), "2050-01-01T11:00:00+11:00");
    EXPECT_EQ(local("Asia/Tokyo", "2050-01-01T00:00:00Z"), "2050-01-01T09:00:00+09:00");
    // 31 March 2041 and 27 October 2041 are the last Sundays of their months.
    EXPECT_EQ(instant_of("Europe/Berlin", "2041-03-31", 2, 30), "2041-03-31T01:30:00Z");
    EXPECT_EQ(instant_of("Europe/Berlin", "2041-10-27", 2, 30), "2041-10-27T00:30:00Z");
    EXPECT_EQ(instant_of("Europe/Berlin", "2041-10-27", 3, 0), "2041-10-27T02:00:00Z");
    EXPECT_EQ(instant_of("Europe/Berlin", "2041-07-01", 0, 0), "2041-06-30T22:00:00Z");
}

TEST(TimeZone, LocalTimeRoundTripsOutsideFolds) {
    for (const char* name :
         {"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"}) {
        for (std::int64_t hour = 0; hour < 24 * 366; hour += 5) {
            const Instant instant = at("2026-01-01T00:00:00.5Z") + std::chrono::hours{hour};
            const Instant back = zone(name).to_instant(zone(name).to_local(instant));
            // An instant in the second half of a fold comes back as one of the first half.
            EXPECT_TRUE(back == instant || instant - back <= std::chrono::hours{1}) << name << " " << hour;
            EXPECT_EQ(zone(name).to_local(back), zone(name).to_local(instant));
        }
    }
}

}  // namespace
}  // namespace tally
