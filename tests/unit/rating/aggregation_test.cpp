#include "rating/aggregation.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

const Instant kBegin = parse_rfc3339("2026-09-01T00:00:00Z").value();
const Period kPeriod{kBegin, kBegin + std::chrono::hours{100}};

class AggregationTest : public testing::Test {
  protected:
    void add(int hour, const char* value) {
        events_.push_back({"m", kBegin + std::chrono::hours{hour}, value, "", {}});
    }

    std::string result(const MeterRule& rule) const {
        std::vector<EventRef> refs;
        for (std::size_t i = 0; i < events_.size(); ++i)
            refs.push_back({&events_[i], i});
        const auto value = aggregate(rule, events_that_count(rule, refs, kPeriod), kPeriod);
        return value ? value->shown().normalized_str() : value.error().pointer;
    }

    static MeterRule rule(Aggregation aggregation, bool recurring = false) {
        MeterRule rule;
        rule.aggregation = aggregation;
        rule.recurring = recurring;
        return rule;
    }

    std::vector<UsageEvent> events_;
};

TEST_F(AggregationTest, IsZeroWithoutEvents) {
    for (const Aggregation aggregation : {Aggregation::kCount, Aggregation::kSum, Aggregation::kMin,
                                          Aggregation::kAvg, Aggregation::kLatest, Aggregation::kWeightedSum})
        EXPECT_EQ(result(rule(aggregation)), "0");
}

TEST_F(AggregationTest, TakesTheLatestByTimeThenByOrder) {
    add(50, "2");
    add(10, "1");
    add(50, "3");
    EXPECT_EQ(result(rule(Aggregation::kLatest)), "3");
}

TEST_F(AggregationTest, HoldsEachValueFromItsEventToTheEnd) {
    add(0, "10");
    add(25, "-4");
    add(75, "8");
    // 10 x 100 - 4 x 75 + 8 x 25, over 100 hours.
    EXPECT_EQ(result(rule(Aggregation::kWeightedSum)), "9");
}

TEST_F(AggregationTest, CarriesInOnlyWhatIsRecurring) {
    add(-1000, "10");
    add(50, "2");
    EXPECT_EQ(result(rule(Aggregation::kWeightedSum)), "1");
    EXPECT_EQ(result(rule(Aggregation::kWeightedSum, true)), "11");
    EXPECT_EQ(result(rule(Aggregation::kSum)), "2");
    EXPECT_EQ(result(rule(Aggregation::kUnique, true)), "2");
}

TEST_F(AggregationTest, TakesThePeriodHalfOpen) {
    add(0, "1");
    add(100, "10");
    EXPECT_EQ(result(rule(Aggregation::kSum)), "1");
}

TEST_F(AggregationTest, CountsTextsApart) {
    add(1, "anna");
    add(2, "bert");
    add(3, "anna");
    EXPECT_EQ(result(rule(Aggregation::kUnique)), "2");
    EXPECT_EQ(result(rule(Aggregation::kCount)), "3");
    EXPECT_EQ(result(rule(Aggregation::kSum)), "/events/0/value");
}

TEST_F(AggregationTest, FindsThePercentileByNearestRank) {
    for (int i = 20; i >= 1; --i)
        add(i, std::to_string(i).c_str());
    MeterRule p = rule(Aggregation::kPercentile);
    p.percentile = Decimal::from_coefficient(95, 2);
    EXPECT_EQ(result(p), "19");
    p.percentile = Decimal::from_coefficient(951, 3);
    EXPECT_EQ(result(p), "20");
    p.percentile = Decimal::from_coefficient(1, 9);
    EXPECT_EQ(result(p), "1");
    p.samples = std::chrono::hours{10};  // 1..9, 10..19, 20
    p.percentile = 1;
    EXPECT_EQ(result(p), "145");
    p.scale = Decimal::from_coefficient(1, 1);
    EXPECT_EQ(result(p), "14.5");
}

}  // namespace
}  // namespace tally::rating
