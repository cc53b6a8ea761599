#include "rating/meter_json.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

TEST(ParseDuration, ReadsWholeNumbersOfAUnit) {
    EXPECT_EQ(parse_duration("5m").value(), std::chrono::minutes{5});
    EXPECT_EQ(parse_duration("250ms").value(), std::chrono::milliseconds{250});
    EXPECT_EQ(parse_duration("1d").value(), std::chrono::hours{24});
    for (const char* text : {"", "5", "m", "0m", "-5m", "1.5h", "5 m", "5min", "99999999999999999999s"})
        EXPECT_FALSE(parse_duration(text).ok()) << text;
}

TEST(ReadMeters, TakesTheWholePublicShape) {
    const auto document = Document::parse_json(
        R"({"meters":[{"code":"egress_gb","source":"requests","aggregation":"sum","value":"sc_bytes","scale":"1e-9",
            "filter":"sc_status < 500","group_by":["c_country"]}]})");
    auto fields = Fields::open(*document, "").value();
    const auto meters = read_meters(fields);
    ASSERT_TRUE(meters.ok()) << meters.error().message;
    EXPECT_EQ(meters->front().aggregation, Aggregation::kSum);
    EXPECT_EQ(meters->front().scale.str(), "0.000000001");
}

}  // namespace
}  // namespace tally::rating
