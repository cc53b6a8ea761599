#include "base/time_text.hpp"
#include "support/request_lake.hpp"
#include "usage/usage.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tally::usage {
namespace {

using tally::test::CapturedRequest;
using tally::test::RequestLake;

Instant at(std::string_view text) {
    return *parse_rfc3339(text);
}

MeterQuestion october() {
    return {.customer = CustomerId("cus_1"),
            .from = at("2026-10-01T00:00:00Z"),
            .to = at("2026-11-01T00:00:00Z"),
            .cut = {}};
}

Meter meter(Aggregation aggregation, std::string value = "") {
    Meter made;
    made.code = "tested";
    made.aggregation = aggregation;
    made.value = std::move(value);
    return made;
}

std::vector<MeterReading> read(RequestLake& lake, const Meter& meter,
                               const MeterQuestion& question = october()) {
    auto readings = measure(lake.engine(), meter, question);
    EXPECT_TRUE(readings.ok()) << readings.error().message;
    return readings.ok() ? *readings : std::vector<MeterReading>{};
}

std::string quantity(RequestLake& lake, const Meter& meter, const MeterQuestion& question = october()) {
    const auto readings = read(lake, meter, question);
    EXPECT_EQ(readings.size(), 1U);
    return readings.empty() ? "" : readings[0].quantity.normalized_str();
}

class Measure : public ::testing::Test {
  protected:
    void SetUp() override {
        const Instant time = at("2026-10-05T12:00:00Z");
        lake_.capture({.time = time, .path = "/a", .bytes_sent = 1'000'000'001, .time_taken_us = 100});
        lake_.capture(
            {.time = time + Microseconds(1), .path = "/b", .bytes_sent = 2, .time_taken_us = 333'333});
        lake_.capture({.time = time + Microseconds(1),
                       .path = "/a",
                       .status = 500,
                       .bytes_sent = 7,
                       .time_taken_us = 1});
        lake_.capture({.time = time, .customer = "cus_2"});
        lake_.capture({.time = time, .auth = AuthResult::kRevokedKey, .customer = "cus_1", .status = 403});
        lake_.capture({.time = at("2026-11-01T00:00:00Z")});
        lake_.capture({.time = at("2026-10-01T00:00:00Z") - Microseconds(1)});
    }

    RequestLake lake_;
};

TEST_F(Measure, WhatALimitHeldBackIsNotPaidFor) {
    const Instant time = at("2026-10-06T12:00:00Z");
    lake_.capture({.time = time, .status = 429, .result = ResultType::kLimitExceeded});
    lake_.capture({.time = time, .status = 503, .result = ResultType::kCapacityExceeded});
    lake_.capture({.time = time, .status = 429, .result = ResultType::kError});  // the API's own answer
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kCount)), "4");
    const auto admitted = [&](std::string_view from) {
        return admitted_requests(lake_.engine(), CustomerId("cus_1"), at(from), at("2026-11-01T00:00:00Z"))
            .value();
    };
    EXPECT_EQ(admitted("2026-10-01T00:00:00Z"), 4U);
    EXPECT_EQ(admitted("2026-10-06T12:00:00Z"), 1U);
    EXPECT_EQ(admitted("2026-10-07T00:00:00Z"), 0U);
    lake_.deliver();
    EXPECT_EQ(admitted("2026-10-01T00:00:00Z"), 4U);
}

TEST_F(Measure, Aggregations) {
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kCount)), "3");
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kSum, "sc_bytes")), "1000000010");
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kMin, "sc_bytes")), "2");
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kMax, "sc_bytes")), "1000000001");
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kAvg, "sc_bytes")), "333333336.666666666666666667");
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kUnique, "cs_uri_stem")), "2");
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kUnique, "sc_status")), "2");
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kLatest, "sc_bytes")), "7");
}

TEST_F(Measure, SecondsAreExact) {
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kSum, "time_taken")), "0.333434");
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kMax, "time_taken")), "0.333333");
    EXPECT_EQ(quantity(lake_, meter(Aggregation::kAvg, "time_taken")), "0.111144666666666667");
}

TEST_F(Measure, TheScaleIsExact) {
    Meter gigabytes = meter(Aggregation::kSum, "sc_bytes");
    gigabytes.scale = Decimal::from_coefficient(1, 9);
    EXPECT_EQ(quantity(lake_, gigabytes), "1.00000001");
}

TEST_F(Measure, FiltersHoldWhateverTheirForm) {
    Meter filtered = meter(Aggregation::kCount);
    filtered.filter = "sc_status < 500 -- not our fault";
    EXPECT_EQ(quantity(lake_, filtered), "2");
    filtered.filter = "sc_status = 500 OR cs_uri_stem = '/b'";
    EXPECT_EQ(quantity(lake_, filtered), "2");
    filtered.filter = "FALSE";
    EXPECT_EQ(quantity(lake_, filtered), "0");
    filtered.filter = "sc_status < 500) OR (1=1";
    EXPECT_EQ(measure(lake_.engine(), filtered, october()).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(Measure, GroupsAreInOrderAndNullIsEmpty) {
    Meter grouped = meter(Aggregation::kSum, "sc_bytes");
    grouped.group_by = {"cs_uri_stem", "c_country", "sc_status"};
    const auto readings = read(lake_, grouped);
    ASSERT_EQ(readings.size(), 3U);
    EXPECT_EQ(readings[0].group, (std::map<std::string, std::string>{
                                     {"cs_uri_stem", "/a"}, {"c_country", ""}, {"sc_status", "200"}}));
    EXPECT_EQ(readings[0].quantity, Decimal(1'000'000'001));
    EXPECT_EQ(readings[1].group.at("sc_status"), "500");
    EXPECT_EQ(readings[2].group.at("cs_uri_stem"), "/b");
    EXPECT_EQ(readings[2].rows, 1);
}

TEST_F(Measure, NoUsageIsOneReadingOfZeroOrNoGroup) {
    MeterQuestion nobody = october();
    nobody.customer = CustomerId("cus_none");
    for (const Aggregation aggregation : {Aggregation::kSum, Aggregation::kMin, Aggregation::kAvg,
                                          Aggregation::kLatest, Aggregation::kUnique}) {
        const auto readings = read(lake_, meter(aggregation, "sc_bytes"), nobody);
        ASSERT_EQ(readings.size(), 1U);
        EXPECT_TRUE(readings[0].quantity.is_zero());
        EXPECT_EQ(readings[0].rows, 0);
        EXPECT_EQ(readings[0].digest, std::string(32, '0'));
    }
    Meter grouped = meter(Aggregation::kCount);
    grouped.group_by = {"cs_uri_stem"};
    EXPECT_TRUE(read(lake_, grouped, nobody).empty());
}

TEST_F(Measure, ASnapshotGivesTheSameReadingForEver) {
    lake_.deliver();
    MeterQuestion question = october();
    question.cut.snapshot = lake_.snapshot();
    const auto first = read(lake_, meter(Aggregation::kSum, "sc_bytes"), question);
    lake_.capture({.time = at("2026-10-06T00:00:00Z")});
    lake_.deliver();
    const auto again = read(lake_, meter(Aggregation::kSum, "sc_bytes"), question);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].quantity, again[0].quantity);
    EXPECT_EQ(first[0].digest, again[0].digest);
    EXPECT_EQ(first[0].rows, again[0].rows);
    EXPECT_EQ(read(lake_, meter(Aggregation::kSum, "sc_bytes"))[0].rows, first[0].rows + 1);
}

TEST_F(Measure, TheDigestIsThatOfTheFormatPage) {
    // docs/formats/meter.md, worked example: computed there without this program.
    const auto readings = read(lake_, meter(Aggregation::kSum, "sc_bytes"));
    ASSERT_EQ(readings.size(), 1U);
    EXPECT_EQ(readings[0].digest, "eee8223a08a70365fde0794560721ab4");
}

// The same requests, delivered all at once, in many files, or not at all, give the same digest; a change of
// one byte or one row gives another.
TEST(MeasureDigest, DependsOnRowsAndNotOnFilesOrOrder) {
    const auto build = [](std::size_t rows_a_delivery, std::int64_t first_bytes) {
        auto lake = std::make_unique<RequestLake>();
        for (int i = 0; i < 3000; ++i) {
            CapturedRequest request;
            request.time = at("2026-10-01T00:00:00Z") + std::chrono::minutes(i * 7 % 40000);
            request.bytes_sent = i == 0 ? first_bytes : i;
            request.key = "key_" + std::to_string(i % 5);
            lake->capture(request);
            if (rows_a_delivery != 0 && static_cast<std::size_t>(i) % rows_a_delivery == 0)
                lake->deliver();
        }
        return lake;
    };
    const auto digest = [](RequestLake& lake) {
        const auto readings = read(lake, meter(Aggregation::kSum, "sc_bytes"));
        return readings.at(0).digest + " " + readings.at(0).quantity.str();
    };
    const std::string captured = digest(*build(0, 5));
    EXPECT_EQ(digest(*build(1000, 5)), captured);
    EXPECT_EQ(digest(*build(300, 5)), captured);
    EXPECT_NE(digest(*build(0, 6)), captured);
}

TEST(MeasureSupport, WhatCannotBeComputedYetSaysSo) {
    RequestLake lake;
    for (const Aggregation aggregation : {Aggregation::kWeightedSum, Aggregation::kPercentile}) {
        const auto readings = measure(lake.engine(), meter(aggregation, "sc_bytes"), october());
        ASSERT_FALSE(readings.ok());
        EXPECT_EQ(readings.error().code, ErrorCode::kUnsupported);
        EXPECT_EQ(readings.error().pointer, "/aggregation");
    }
    Meter events = meter(Aggregation::kCount);
    events.source = "transfers";
    EXPECT_EQ(measure(lake.engine(), events, october()).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace tally::usage
