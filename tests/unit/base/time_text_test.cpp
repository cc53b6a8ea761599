#include "base/time_text.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

std::string reread(const char* text) {
    const auto at = parse_rfc3339(text);
    return at ? format_rfc3339(*at) : "error: " + at.error().message;
}

TEST(Rfc3339, ReadsEveryOffsetAsUtc) {
    EXPECT_EQ(reread("2026-10-01T00:00:00Z"), "2026-10-01T00:00:00Z");
    EXPECT_EQ(reread("2026-10-01t00:00:00z"), "2026-10-01T00:00:00Z");
    EXPECT_EQ(reread("2026-10-01 00:00:00Z"), "2026-10-01T00:00:00Z");
    EXPECT_EQ(reread("2026-10-01T00:00:00+02:00"), "2026-09-30T22:00:00Z");
    EXPECT_EQ(reread("2026-12-31T23:30:00-01:15"), "2027-01-01T00:45:00Z");
    EXPECT_EQ(reread("2026-10-01T00:00:00-00:00"), "2026-10-01T00:00:00Z");
}

TEST(Rfc3339, KeepsMicrosecondsAndCutsWhatIsFiner) {
    EXPECT_EQ(reread("2026-10-01T00:00:00.5Z"), "2026-10-01T00:00:00.5Z");
    EXPECT_EQ(reread("2026-10-01T00:00:00.000001Z"), "2026-10-01T00:00:00.000001Z");
    EXPECT_EQ(reread("2026-10-01T00:00:00.123456999Z"), "2026-10-01T00:00:00.123456Z");
    EXPECT_EQ(reread("2026-10-01T00:00:00.000Z"), "2026-10-01T00:00:00Z");
}

TEST(Rfc3339, ReadsALeapSecondAsTheNextSecond) {
    EXPECT_EQ(reread("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00Z");
}

TEST(Rfc3339, WorksFarFromNow) {
    EXPECT_EQ(reread("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
    EXPECT_EQ(reread("1969-12-31T23:59:59.999999Z"), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(reread("9999-12-31T23:59:59Z"), "9999-12-31T23:59:59Z");
    EXPECT_EQ(reread("2000-02-29T12:00:00Z"), "2000-02-29T12:00:00Z");
}

TEST(Rfc3339, RefusesWhatItIsNot) {
    for (const char* text :
         {"", "2026-10-01", "2026-10-01T00:00:00", "2026-10-01T00:00Z", "2026-10-01T24:00:00Z",
          "2026-10-01T00:60:00Z", "2026-10-01T00:00:61Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
          "2026-10-01T00:00:00.Z", "2026-10-01T00:00:00.1234567890Z", "2026-10-01T00:00:00+2:00",
          "2026-10-01T00:00:00+24:00", "2026-10-01T00:00:00+02:60", "2026-10-01T00:00:00Zx",
          "26-10-01T00:00:00Z", " 2026-10-01T00:00:00Z", "2026-10-01X00:00:00Z",
          "2026-10-01T00:00:00+0200"}) {
        const auto at = parse_rfc3339(text);
        ASSERT_FALSE(at.ok()) << text;
        EXPECT_EQ(at.error().code, ErrorCode::kInvalidArgument);
        EXPECT_NE(at.error().message.find(text), std::string::npos);
    }
}

TEST(CivilDate, ReadsAndWritesDatesThatExist) {
    EXPECT_EQ(parse_date("2024-02-29").value(), (CivilDate{2024, 2, 29}));
    EXPECT_EQ(format_date({2026, 1, 5}), "2026-01-05");
    for (const char* text :
         {"2023-02-29", "2026-00-01", "2026-01-32", "2026-1-01", "2026/01/01", "2026-01-01 ", ""})
        EXPECT_FALSE(parse_date(text).ok()) << text;
}

TEST(CivilDate, CountsDaysBothWays) {
    EXPECT_EQ(days_from_civil({1970, 1, 1}), 0);
    EXPECT_EQ(days_from_civil({1969, 12, 31}), -1);
    EXPECT_EQ(days_from_civil({2000, 3, 1}), 11017);
    for (std::int32_t day = -200'000; day < 200'000; day += 97)
        EXPECT_EQ(days_from_civil(civil_from_days(day)), day);
}

TEST(UtcDay, RoundsDownBeforeTheEpochToo) {
    EXPECT_EQ(utc_day(parse_rfc3339("1970-01-01T23:59:59Z").value()), 0);
    EXPECT_EQ(utc_day(parse_rfc3339("1969-12-31T23:59:59.999999Z").value()), -1);
    EXPECT_EQ(utc_day(parse_rfc3339("1969-12-31T00:00:00Z").value()), -1);
}

}  // namespace
}  // namespace tally
