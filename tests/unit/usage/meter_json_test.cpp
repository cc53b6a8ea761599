#include "usage/meter_json.hpp"

#include <gtest/gtest.h>

namespace tally::usage {
namespace {

constexpr const char* kEgress =
    R"({"code":"egress_gb","source":"requests","aggregation":"sum","value":"sc_bytes","scale":"1e-9",)"
    R"("filter":"sc_status < 500","group_by":["c_country","x_edge_result_type"]})";

TEST(MeterJson, ReadsTheShapeOfTheFormatPage) {
    const auto meter = meter_from_json(kEgress);
    ASSERT_TRUE(meter.ok()) << meter.error().message;
    EXPECT_EQ(meter->code, "egress_gb");
    EXPECT_EQ(meter->source, "requests");
    EXPECT_EQ(meter->aggregation, Aggregation::kSum);
    EXPECT_EQ(meter->value, "sc_bytes");
    EXPECT_EQ(meter->scale, Decimal::from_coefficient(1, 9));
    EXPECT_EQ(meter->filter, "sc_status < 500");
    EXPECT_EQ(meter->group_by, (std::vector<std::string>{"c_country", "x_edge_result_type"}));
    EXPECT_EQ(meter->version, 1);
    EXPECT_TRUE(meter->id.empty());
}

TEST(MeterJson, TheShortestMeter) {
    const auto meter = meter_from_json(R"({"code":"calls","aggregation":"count"})");
    ASSERT_TRUE(meter.ok()) << meter.error().message;
    EXPECT_EQ(meter->source, "requests");
    EXPECT_EQ(meter->scale, Decimal(1));
    EXPECT_TRUE(meter->filter.empty());
}

TEST(MeterJson, PrintsWhatItReads) {
    auto meter = meter_from_json(kEgress);
    meter->id = MeterId("mtr_1");
    meter->version = 3;
    const std::string text = meter_to_json(*meter);
    EXPECT_EQ(text, R"({"id":"mtr_1","version":3,"code":"egress_gb","source":"requests","aggregation":"sum",)"
                    R"("value":"sc_bytes","scale":"0.000000001","filter":"sc_status < 500",)"
                    R"("group_by":["c_country","x_edge_result_type"]})");
    const auto again = meter_from_json(text);
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(meter_to_json(*again), text);
}

TEST(MeterJson, MistakesHaveAPointer) {
    struct Mistake {
        const char* text;
        ErrorCode code;
        const char* pointer;
    };

    const Mistake mistakes[] = {
        {"[]", ErrorCode::kInvalidArgument, ""},
        {R"({"aggregation":"count"})", ErrorCode::kInvalidArgument, "/code"},
        {R"({"code":"a"})", ErrorCode::kInvalidArgument, "/aggregation"},
        {R"({"code":"a","aggregation":"sums"})", ErrorCode::kInvalidArgument, "/aggregation"},
        {R"({"code":1,"aggregation":"count"})", ErrorCode::kInvalidArgument, "/code"},
        {R"({"code":"a","aggregation":"count","scale":1e-9})", ErrorCode::kInvalidArgument, "/scale"},
        {R"({"code":"a","aggregation":"count","scale":"x"})", ErrorCode::kInvalidArgument, "/scale"},
        {R"({"code":"a","aggregation":"count","group_by":"x"})", ErrorCode::kInvalidArgument, "/group_by"},
        {R"({"code":"a","aggregation":"count","group_by":[1]})", ErrorCode::kInvalidArgument, "/group_by/0"},
        {R"({"code":"a","aggregation":"count","version":0})", ErrorCode::kInvalidArgument, "/version"},
        {R"({"code":"a","aggregation":"count","filtr":"x"})", ErrorCode::kInvalidArgument, "/filtr"},
        {R"({"code":"a","aggregation":"percentile","percentile":"0.95"})", ErrorCode::kUnsupported,
         "/percentile"},
    };
    for (const Mistake& mistake : mistakes) {
        const auto meter = meter_from_json(mistake.text);
        ASSERT_FALSE(meter.ok()) << mistake.text;
        EXPECT_EQ(meter.error().code, mistake.code) << mistake.text;
        EXPECT_EQ(meter.error().pointer, mistake.pointer) << mistake.text;
    }
}

}  // namespace
}  // namespace tally::usage
