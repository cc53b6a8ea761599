#include "rating/activity.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

Instant at(const char* text) {
    return parse_rfc3339(text).value();
}

RateInput input_of(const char* from, const char* to) {
    RateInput input;
    input.period = {at("2026-10-01T00:00:00Z"), at("2026-11-01T00:00:00Z")};
    input.active_from = at(from);
    input.active_to = at(to);
    return input;
}

TEST(Activity, WeighsSecondsAndBegunDays) {
    const auto activity =
        Activity::of(input_of("2026-10-30T18:00:00Z", "2026-12-01T00:00:00Z"), TimeZone::utc()).value();
    EXPECT_TRUE(activity.any());
    EXPECT_EQ(activity.weight(Proration::kSecond), Ratio::of(30, 744));
    EXPECT_EQ(activity.weight(Proration::kDay), Ratio::of(2, 31));
    EXPECT_EQ(activity.weight(Proration::kNone), Ratio(1));
    EXPECT_EQ(activity.text(Proration::kSecond), "108000/2678400");
    EXPECT_EQ(activity.text(Proration::kDay), "2/31");
    EXPECT_EQ(activity.text(Proration::kNone), "");
}

TEST(Activity, CountsDaysOfTheZone) {
    // In Tokyo both instants lie on 11 October, and the period touches 32 days.
    const auto tokyo = TimeZone::find("Asia/Tokyo").value();
    const auto activity =
        Activity::of(input_of("2026-10-10T15:00:00Z", "2026-10-11T15:00:00Z"), tokyo).value();
    EXPECT_EQ(activity.text(Proration::kDay), "1/32");
}

TEST(Activity, IsNothingOutsideThePeriod) {
    const auto activity =
        Activity::of(input_of("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"), TimeZone::utc()).value();
    EXPECT_FALSE(activity.any());
    for (const Proration rule : {Proration::kNone, Proration::kSecond, Proration::kDay})
        EXPECT_EQ(activity.weight(rule), Ratio());
}

TEST(Activity, RefusesEmptyPeriodsAndTwistedRanges) {
    RateInput empty = input_of("2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z");
    empty.period.to = empty.period.from;
    EXPECT_EQ(Activity::of(empty, TimeZone::utc()).error().pointer, "/period/to");
    EXPECT_EQ(Activity::of(input_of("2026-10-03T00:00:00Z", "2026-10-02T00:00:00Z"), TimeZone::utc())
                  .error()
                  .pointer,
              "/active/to");
}

}  // namespace
}  // namespace tally::rating
