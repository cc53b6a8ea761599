#include "billing/plan_checks.hpp"

#include "billing/subscriptions.hpp"
#include "rating/plan_json.hpp"
#include "unit/billing/billing_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

rating::Plan plan_with(const std::string& charge) {
    return rating::parse_plan_json(R"({"code":"p","name":"P","currency":"USD","charges":[)" + charge + "]}")
        .value();
}

TEST(PlanChecks, ADimensionMustBeOneOfTheMeter) {
    test::BillingParts parts;
    const auto priced_by = [](const std::string& meter) {
        return plan_with(
            R"({"code":"a","meter":")" + meter +
            R"(","model":"dimensional","dimensions":["c_country"],"prices":[{"match":{},"unit":"1"}]})");
    };
    EXPECT_TRUE(check_plan_meters(priced_by("regions"), parts.meters).ok());
    EXPECT_EQ(check_plan_meters(priced_by("requests"), parts.meters).error().pointer, "/charges/0/meter");
    EXPECT_EQ(check_plan_meters(plan_with(R"({"code":"a","meter":"requests","model":"unit","unit":"1",
                                              "group_by":["c_country"]})"),
                                parts.meters)
                  .error()
                  .pointer,
              "/charges/0/meter");
}

TEST(PlanChecks, GroupsThatDoNotAddUpMustBePricedApart) {
    test::BillingParts parts;
    Meter peak;
    peak.code = "peak";
    peak.aggregation = Aggregation::kMax;
    peak.value = "sc_bytes";
    peak.group_by = {"c_country"};
    parts.meters.create(peak).value();
    EXPECT_FALSE(
        check_plan_meters(plan_with(R"({"code":"a","meter":"peak","model":"unit","unit":"1"})"), parts.meters)
            .ok());
    EXPECT_TRUE(check_plan_meters(plan_with(R"({"code":"a","meter":"peak","model":"unit","unit":"1",
                                                "group_by":["c_country"]})"),
                                  parts.meters)
                    .ok());
}

TEST(PlanChecks, AnArchivedMeterTakesNoNewPlan) {
    test::BillingParts parts;
    Meter old;
    old.code = "old";
    parts.meters.create(old).value();
    const rating::Plan plan = plan_with(R"({"code":"a","meter":"old","model":"unit","unit":"1"})");
    EXPECT_TRUE(check_plan_meters(plan, parts.meters).ok());
    parts.meters.archive("old").value();
    EXPECT_FALSE(check_plan_meters(plan, parts.meters).ok());
}

TEST(PlanChecks, ModelsThatNeedEachEventAreNotBillableYet) {
    EXPECT_TRUE(
        check_billable(plan_with(R"({"code":"a","meter":"requests","model":"unit","unit":"1"})")).ok());
    const Status refused =
        check_billable(plan_with(R"({"code":"a","meter":"requests","model":"percentage","rate":"0.01"})"));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(refused.error().pointer, "/charges/0/model");
}

}  // namespace
}  // namespace tally::billing
