#include "billing/subscriptions.hpp"

#include "billing/subscriptions_json.hpp"
#include "unit/billing/billing_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

using test::at;

class SubscriptionsTest : public ::testing::Test {
  protected:
    SubscriptionsTest() {
        parts.customer("acme", "Europe/Berlin");
        parts.plans.create(test::kProPlan, PlanFormat::kJson).value();
    }

    test::BillingParts parts;
};

TEST_F(SubscriptionsTest, BeginAtLocalMidnightOrNow) {
    EXPECT_EQ(parts.subscribe("acme", "pro", "2026-10-01").from, at("2026-09-30T22:00:00Z"));
    EXPECT_EQ(parts.subscribe("acme", "pro", "2026-10-01T00:00:00Z").from, at("2026-10-01T00:00:00Z"));
    EXPECT_EQ(parts.subscribe("acme", "pro", "").from, parts.clock.now());
    EXPECT_EQ(parts.subscriptions.list("acme", {}).value().data.size(), 3U);
}

TEST_F(SubscriptionsTest, StayWithTheVersionTheyBeganWith) {
    const Subscription subscription = parts.subscribe("acme", "pro");
    parts.plans.create(test::kProPlan, PlanFormat::kJson).value();
    EXPECT_EQ(parts.subscriptions.find(subscription.id.str()).value().plan_version, 1);
    EXPECT_EQ(parts.subscribe("acme", "pro").plan_version, 2);
    EXPECT_EQ(parts.subscribe("acme", "pro@1").plan_version, 1);
}

TEST_F(SubscriptionsTest, NeedAPublishedAndBillablePlan) {
    parts.plans
        .create(
            R"({"code":"later","name":"L","currency":"USD","charges":[{"code":"a","model":"flat","amount":"1"}]})",
            PlanFormat::kJson, true)
        .value();
    EXPECT_EQ(parts.subscriptions.create({.customer = "acme", .plan = "later"}).error().pointer, "/plan");
    parts.plans
        .create(R"({"code":"share","name":"S","currency":"USD","charges":[
                {"code":"a","meter":"requests","model":"percentage","rate":"0.1"}]})",
                PlanFormat::kJson)
        .value();
    EXPECT_EQ(parts.subscriptions.create({.customer = "acme", .plan = "share"}).error().code,
              ErrorCode::kUnsupported);
    const auto refused = parts.subscriptions.create(
        {.customer = "acme", .plan = "pro@1", .from = "2026-10-02", .to = "2026-10-01"});
    EXPECT_EQ(refused.error().pointer, "/to");
    EXPECT_EQ(parts.subscriptions.create({.customer = "acme", .plan = "none"}).error().code,
              ErrorCode::kNotFound);
    EXPECT_EQ(parts.subscriptions.create({.customer = "none", .plan = "pro"}).error().code,
              ErrorCode::kNotFound);
    EXPECT_EQ(parts.subscriptions.create({.customer = "acme", .plan = "pro", .from = "soon"}).error().pointer,
              "/from");
    parts.plans.archive("pro").value();
    EXPECT_EQ(parts.subscriptions.create({.customer = "acme", .plan = "pro"}).error().pointer, "/plan");
}

TEST_F(SubscriptionsTest, EndWhenTheyAreCanceled) {
    const Subscription subscription = parts.subscribe("acme", "pro", "2026-09-01");
    const Subscription canceled = parts.subscriptions.cancel(subscription.id.str(), "2026-11-01").value();
    EXPECT_EQ(canceled.status, SubscriptionStatus::kCanceled);
    EXPECT_EQ(canceled.to, at("2026-10-31T23:00:00Z"));
    EXPECT_EQ(canceled.canceled_at, parts.clock.now());
    EXPECT_EQ(parts.subscriptions.cancel(subscription.id.str(), "").value().to, canceled.to);
    EXPECT_EQ(parts.subscriptions.find("sub_none").error().code, ErrorCode::kNotFound);
}

TEST_F(SubscriptionsTest, JsonHasTheNamesOfTheSurface) {
    const Subscription subscription = parts.subscribe("acme", "pro", "2026-10-01T00:00:00Z");
    EXPECT_EQ(subscription_to_json(subscription),
              R"({"id":")" + subscription.id.str() + R"(","customer_id":")" + subscription.customer.str() +
                  R"(","plan":"pro","version":1,"from":"2026-10-01T00:00:00Z","to":null,"status":"active",)"
                  R"("created_at":"2026-10-01T00:00:00Z","canceled_at":null})");
    EXPECT_EQ(new_subscription_from_json(R"({"customer_id":"cus_1","plan":"pro"})").value().customer,
              "cus_1");
    EXPECT_EQ(new_subscription_from_json(R"({"plan":"pro"})").error().pointer, "/customer");
    EXPECT_EQ(new_subscription_from_json(R"({"customer":"a","plan":"pro","version":1})").error().pointer,
              "/version");
    EXPECT_EQ(cancellation_from_json(R"({"at":"2026-11-01"})").value(), "2026-11-01");
}

}  // namespace
}  // namespace tally::billing
