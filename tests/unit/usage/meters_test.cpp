#include "support/request_lake.hpp"
#include "usage/usage.hpp"

#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace tally::usage {
namespace {

using tally::test::RequestLake;

TEST(Meters, BuiltInMetersPassTheirOwnCheck) {
    RequestLake lake;
    const auto meters = built_in_meters();
    ASSERT_EQ(meters.size(), 3U);
    EXPECT_EQ(meters[0].code, "requests");
    EXPECT_EQ(meters[1].code, "egress_gb");
    EXPECT_EQ(meters[1].scale.str(), "0.000000001");
    EXPECT_EQ(meters[2].value, "cs_bytes");
    for (const Meter& meter : meters)
        EXPECT_TRUE(check_meter(lake.engine(), meter).ok()) << meter.code;
}

TEST(Meters, EveryMistakeIsNamedWithItsPlace) {
    RequestLake lake;
    Meter good;
    good.code = "egress";
    good.aggregation = Aggregation::kSum;
    good.value = "sc_bytes";
    good.filter = "sc_status < 500";
    good.group_by = {"c_country"};
    EXPECT_TRUE(check_meter(lake.engine(), good).ok());

    struct Mistake {
        std::function<void(Meter&)> make;
        const char* pointer;
        const char* says;
    };

    const Mistake mistakes[] = {
        {[](Meter& m) { m.code = "Egress GB"; }, "/code", "a-z"},
        {[](Meter& m) { m.code = ""; }, "/code", "1 to 64"},
        {[](Meter& m) { m.code = std::string(65, 'a'); }, "/code", "1 to 64"},
        {[](Meter& m) { m.value = "sc_bites"; }, "/value", "did you mean sc_bytes?"},
        {[](Meter& m) { m.value = ""; }, "/value", "needs a column"},
        {[](Meter& m) { m.value = "cs_method"; }, "/value", "needs a number"},
        {[](Meter& m) { m.value = "timestamp"; }, "/value", "needs a number"},
        {[](Meter& m) { m.aggregation = Aggregation::kCount; }, "/value", "takes no value"},
        {[](Meter& m) { m.scale = Decimal(0); }, "/scale", "not above 0"},
        {[](Meter& m) { m.scale = Decimal(-1); }, "/scale", "not above 0"},
        {[](Meter& m) { m.filter = "sc_status <"; }, "/filter", "syntax"},
        {[](Meter& m) { m.filter = "sc_status"; }, "/filter", "not true or false"},
        {[](Meter& m) { m.group_by = {"country"}; }, "/group_by/0", "did you mean c_country?"},
        {[](Meter& m) {
             m.group_by = {"stage", "stage"};
         },
         "/group_by/1", "stands twice"},
        {[](Meter& m) { m.group_by.assign(9, "stage"); }, "/group_by", "at most 8"},
    };
    for (const Mistake& mistake : mistakes) {
        Meter bad = good;
        mistake.make(bad);
        const Status status = check_meter(lake.engine(), bad);
        ASSERT_FALSE(status.ok()) << mistake.says;
        EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
        EXPECT_EQ(status.error().pointer, mistake.pointer);
        EXPECT_NE(status.error().message.find(mistake.says), std::string::npos) << status.error().message;
    }
}

}  // namespace
}  // namespace tally::usage
