// Metering on what the API said in its answers' headers.
#include "base/time_text.hpp"
#include "support/request_lake.hpp"
#include "usage/dimension_name.hpp"
#include "usage/usage.hpp"

#include <gmock/gmock.h>

namespace tally::usage {
namespace {

using tally::test::RequestLake;
using testing::HasSubstr;

const Instant kFrom = *parse_rfc3339("2026-10-01T00:00:00Z");
const Instant kTo = *parse_rfc3339("2026-11-01T00:00:00Z");

class Dimensions : public ::testing::Test {
  protected:
    void answer(std::string dimensions) {
        lake_.capture({.time = kFrom + Microseconds(++count_), .dimensions = std::move(dimensions)});
    }

    std::vector<MeterReading> read(const Meter& meter) {
        auto readings = measure(lake_.engine(), meter,
                                {.customer = CustomerId("cus_1"), .from = kFrom, .to = kTo, .cut = {}});
        EXPECT_TRUE(readings.ok()) << readings.error().message;
        return readings.ok() ? *readings : std::vector<MeterReading>{};
    }

    // "quantity/rows/skipped" of the only reading.
    std::string told(const Meter& meter) {
        const auto readings = read(meter);
        EXPECT_EQ(readings.size(), 1U);
        return readings.empty() ? "" : told(readings[0]);
    }

    static std::string told(const MeterReading& reading) {
        return reading.quantity.normalized_str() + "/" + std::to_string(reading.rows) + "/" +
               std::to_string(reading.skipped);
    }

    static Meter meter(Aggregation aggregation, std::string value = "dimensions.x-tokens-used") {
        Meter made;
        made.code = "tokens";
        made.aggregation = aggregation;
        made.value = aggregation == Aggregation::kCount ? "" : std::move(value);
        return made;
    }

    RequestLake lake_;
    int count_ = 0;
};

TEST_F(Dimensions, AreSummedExactly) {
    for (const char* tokens : {"17", "0.1", "0.2", "0017", "-5", "999999999999999999.999999999"})
        answer(std::string("x-tokens-used=") + tokens + "\n");
    EXPECT_EQ(told(meter(Aggregation::kSum)), "1000000000000000029.299999999/6/0");
    lake_.deliver();
    EXPECT_EQ(told(meter(Aggregation::kSum)), "1000000000000000029.299999999/6/0");
    EXPECT_EQ(told(meter(Aggregation::kMax)), "999999999999999999.999999999/6/0");
    EXPECT_EQ(told(meter(Aggregation::kMin)), "-5/6/0");
}

// Never billed in silence: what was sent and is no number is counted, what was not sent is nobody's.
TEST_F(Dimensions, WhatIsNoNumberIsSkippedAndCounted) {
    answer("x-tokens-used=17\n");
    for (const char* tokens : {"", "many", "17, 4", "1e3", "0x11", "+1", "1.", ".5", "1,5", " 1", "NaN",
                               "1.0000000001", "1000000000000000000", "17…", "١٧", "12 tokens"})
        answer(std::string("x-tokens-used=") + tokens + "\n");
    answer("");
    answer("x-model=small\n");
    EXPECT_EQ(told(meter(Aggregation::kSum)), "17/1/16");
    EXPECT_EQ(told(meter(Aggregation::kAvg)), "17/1/16");
    EXPECT_EQ(told(meter(Aggregation::kLatest)), "17/1/16");
    EXPECT_EQ(told(meter(Aggregation::kCount)), "19/19/0");
}

TEST_F(Dimensions, TheCutOffEndOfARecordIsNoSmallerNumber) {
    answer("x-tokens-used=17");  // without the line's end
    EXPECT_EQ(told(meter(Aggregation::kSum)), "0/0/1");
}

TEST_F(Dimensions, SkippedRowsAreNotInTheDigest) {
    answer("x-tokens-used=17\n");
    const auto before = read(meter(Aggregation::kSum))[0].digest;
    answer("x-tokens-used=many\n");
    EXPECT_EQ(read(meter(Aggregation::kSum))[0].digest, before);
}

TEST_F(Dimensions, SplitReadings) {
    answer("x-tokens-used=17\nx-model=small\n");
    answer("x-tokens-used=3\nx-model=large\n");
    answer("x-tokens-used=4\nx-model=small\n");
    answer("x-tokens-used=5\n");
    answer("x-tokens-used=many\nx-model=odd \"one\"\n");
    Meter by_model = meter(Aggregation::kSum);
    by_model.group_by = {"dimensions.x-model", "cs_method"};
    std::string all;
    for (const MeterReading& reading : read(by_model))
        all += reading.group.at("dimensions.x-model") + "=" + told(reading) + " ";
    EXPECT_EQ(all, "=5/1/0 large=3/1/0 odd \"one\"=0/0/1 small=21/2/0 ");
    EXPECT_EQ(told(meter(Aggregation::kUnique, "dimensions.x-model")), "3/4/0");
}

TEST_F(Dimensions, StandInFilters) {
    answer("x-tokens-used=17\nx-model=small\n");
    answer("x-tokens-used=3\nx-model=large\n");
    answer("x-tokens-used=5\n");
    Meter filtered = meter(Aggregation::kSum);
    for (const char* filter :
         {"dimensions.x-model = 'small'", "DIMENSIONS.X-Model='small'", "dimensions.\"x-model\" = 'small'",
          "dimensions.x-model IN ('small') AND sc_status = 200",
          "json_extract_string(dimensions, 'x-model') = 'small'", "(dimensions ->> 'x-model') = 'small'"}) {
        filtered.filter = filter;
        EXPECT_EQ(told(filtered), "17/1/0") << filter;
    }
    filtered.filter = "dimensions.x-model IS NULL";
    EXPECT_EQ(told(filtered), "5/1/0");
}

TEST_F(Dimensions, NamesThatAreNoneAreRefused) {
    Meter wrong = meter(Aggregation::kSum, "dimensions.x'model");
    const Status refused = check_meter(lake_.engine(), wrong);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message, HasSubstr("as in dimensions.x-tokens-used"));
    wrong = meter(Aggregation::kSum);
    wrong.filter = "dimensions.\"x'); DROP\" = 1";
    EXPECT_EQ(check_meter(lake_.engine(), wrong).error().code, ErrorCode::kInvalidArgument);
    wrong.filter = "other.x-model = 'small'";
    EXPECT_EQ(check_meter(lake_.engine(), wrong).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(Dimensions, SplitReports) {
    answer("x-model=small\n");
    answer("x-model=small\nx-tier=1\n");
    answer("x-tier=1\n");
    UsageQuestion question;
    question.from = kFrom;
    question.to = kTo;
    question.by = {"dimensions.x-tier", "method", "dimensions.x-model"};
    const auto rows = report(lake_.engine(), question);
    ASSERT_TRUE(rows.ok()) << rows.error().message;
    ASSERT_EQ(rows->size(), 3U);
    std::string all;
    for (const UsageRow& row : *rows)
        all += row.dimensions.at("method") + "," + row.dimensions.at("dimensions.x-model") + "," +
               row.dimensions.at("dimensions.x-tier") + "=" + std::to_string(row.requests) + " ";
    EXPECT_THAT(all, HasSubstr("GET,small,1=1 "));
    EXPECT_THAT(all, HasSubstr("GET,small,=1 "));
    EXPECT_THAT(all, HasSubstr("GET,,1=1 "));
    question.by = {"dimensions.x tier"};
    EXPECT_EQ(report(lake_.engine(), question).error().code, ErrorCode::kInvalidArgument);
}

TEST(WithDimensions, ReplacesNamesAndNothingElse) {
    EXPECT_EQ(with_dimensions("sc_status < 500"), "sc_status < 500");
    EXPECT_EQ(with_dimensions("dimensions.a=1"), "json_extract_string(dimensions, 'a')=1");
    EXPECT_EQ(with_dimensions("(dimensions.x-a)||dimensions.b_2"),
              "(json_extract_string(dimensions, 'x-a'))||json_extract_string(dimensions, 'b_2')");
    for (const char* same : {"'dimensions.a'", "\"dimensions.a\"", "-- dimensions.a\n1",
                             "/* dimensions.a */ 1", "my_dimensions.a", "t.dimensions.a", "dimensions",
                             "dimensions.", "dimensions.2a", "dimensions.\"A b\"", "'it''s dimensions.a'"})
        EXPECT_EQ(with_dimensions(same), same);
    EXPECT_EQ(with_dimensions("dimensions.a--b"), "json_extract_string(dimensions, 'a')--b");
}

}  // namespace
}  // namespace tally::usage
