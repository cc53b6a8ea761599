#include "billing/meters.hpp"

#include "billing/meters_json.hpp"
#include "unit/billing/billing_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

Meter errors_meter() {
    return meter_from_json(R"({"code":"errors","aggregation":"count","filter":"sc_status >= 500",
                               "group_by":["c_country"]})")
        .value();
}

TEST(Meters, ANewDefinitionIsTheNextVersion) {
    test::BillingParts parts;
    const StoredMeter first = parts.meters.create(errors_meter()).value();
    EXPECT_EQ(first.meter.version, 1);
    EXPECT_TRUE(first.meter.id.str().starts_with("mtr_"));
    Meter changed = errors_meter();
    changed.scale = test::dec("0.001");
    EXPECT_EQ(parts.meters.create(changed).value().meter.version, 2);
    EXPECT_EQ(parts.meters.find("errors").value().meter.version, 2);
    EXPECT_EQ(parts.meters.find(first.meter.id.str()).value().meter.version, 1);
    const Meter kept = parts.meters.find_version("errors", 1).value().meter;
    EXPECT_EQ(kept.filter, "sc_status >= 500");
    EXPECT_EQ(kept.group_by, std::vector<std::string>{"c_country"});
    EXPECT_EQ(kept.scale, Decimal(1));
    EXPECT_EQ(parts.meters.find_version("errors", 3).error().code, ErrorCode::kNotFound);
}

TEST(Meters, BuiltInOnesStandFirstAndStay) {
    test::BillingParts parts;
    parts.meters.create(errors_meter()).value();
    const auto page = parts.meters.list({}).value();
    ASSERT_EQ(page.data.size(), 4U);
    EXPECT_EQ(page.data[0].meter.code, "requests");
    EXPECT_TRUE(page.data[0].built_in);
    EXPECT_EQ(page.data[3].meter.code, "errors");
    Meter taken = errors_meter();
    taken.code = "requests";
    EXPECT_EQ(parts.meters.create(taken).error().code, ErrorCode::kAlreadyExists);
    EXPECT_EQ(parts.meters.archive("requests").error().code, ErrorCode::kInvalidArgument);
}

TEST(Meters, AnArchivedOneIsStillFound) {
    test::BillingParts parts;
    parts.meters.create(errors_meter()).value();
    EXPECT_EQ(parts.meters.archive("errors").value().archived_at, parts.clock.now());
    EXPECT_TRUE(parts.meters.find_version("errors", 1).ok());
    EXPECT_EQ(parts.meters.archive("nothing").error().code, ErrorCode::kNotFound);
}

TEST(Meters, AreCheckedBeforeTheyAreKept) {
    test::BillingParts parts;
    Meters strict(
        parts.state->meters(), {},
        [](const Meter&) {
            return Status(Error{ErrorCode::kInvalidArgument, "no"});
        },
        parts.clock, parts.random);
    EXPECT_EQ(strict.create(errors_meter()).error().message, "no");
    EXPECT_TRUE(strict.list({}).value().data.empty());
    Meter odd = errors_meter();
    odd.code = "Errors!";
    EXPECT_EQ(parts.meters.create(odd).error().pointer, "/code");
}

TEST(MetersJson, PointsAtWhatIsWrong) {
    EXPECT_EQ(meter_from_json(R"({"aggregation":"count"})").error().pointer, "/code");
    EXPECT_EQ(meter_from_json(R"({"code":"a","aggregation":"most"})").error().pointer, "/aggregation");
    EXPECT_EQ(meter_from_json(R"({"code":"a","aggregation":"sum","scale":"x"})").error().pointer, "/scale");
    EXPECT_EQ(meter_from_json(R"({"code":"a","aggregation":"sum","version":2})").error().pointer, "/version");
    test::BillingParts parts;
    EXPECT_EQ(
        meter_to_json(parts.meters.find("egress_gb").value()),
        R"({"id":"mtr_egress_gb","code":"egress_gb","version":1,"source":"requests","aggregation":"sum",)"
        R"("value":"sc_bytes","scale":"0.000000001","filter":null,"group_by":[],"built_in":true,)"
        R"("created_at":null,"archived_at":null})");
}

}  // namespace
}  // namespace tally::billing
