#include "rating/rate.hpp"

#include "rating/plan_json.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

Instant at(const char* text) {
    return parse_rfc3339(text).value();
}

Plan plan_with(const std::string& charges, const std::string& more = "") {
    auto plan = parse_plan_json(R"({"currency":"USD","charges":[)" + charges + "]" + more + "}");
    EXPECT_TRUE(plan.ok()) << plan.error().pointer << " " << plan.error().message;
    return *plan;
}

RateInput october() {
    RateInput input;
    input.period = {at("2026-10-01T00:00:00Z"), at("2026-11-01T00:00:00Z")};
    return input;
}

constexpr const char* kCalls = R"({"code":"calls","meter":"m","model":"graduated",
  "tiers":[{"up_to":"10","unit":"1","flat":"2"},{"up_to":null,"unit":"0.333"}]})";

TEST(Rate, GivesLinesThatAddUpToTheTotal) {
    const Plan plan = plan_with(std::string(kCalls) + R"(,{"code":"base","model":"flat","amount":"9.99"})",
                                R"(,"minimum":"50","tax":{"rate":"0.19"})");
    RateInput input = october();
    input.coupons.push_back({"half", Decimal::from_coefficient(5, 1), std::nullopt, {}});
    input.credits.push_back({"gift", 7, 0, std::nullopt});
    for (std::int64_t quantity = 0; quantity < 200; quantity += 7) {
        input.usage = {{"m", quantity, {}}};
        const auto invoice = rate(plan, input);
        ASSERT_TRUE(invoice.ok());
        EXPECT_EQ(invoice->subtotal, invoice->lines[0].amount + invoice->lines[1].amount);
        EXPECT_EQ(invoice->total, invoice->subtotal - invoice->discounts + invoice->minimum_adjustment +
                                      invoice->tax - invoice->credits);
        EXPECT_EQ(invoice->credit_uses[0].used + invoice->credit_uses[0].left, Decimal(7));
    }
}

TEST(Rate, GivesTheSameWhetherUsageComesWholeOrInParts) {
    const Plan plan = plan_with(kCalls);
    RateInput whole = october();
    whole.usage = {{"m", 60, {}}};
    RateInput parts = october();
    for (std::int64_t i = 0; i < 3; ++i) {
        parts.usage.push_back({"m", 10, {}});
        parts.events.push_back({"m", at("2026-10-02T00:00:00Z"), "10", std::to_string(i), {}});
    }
    EXPECT_EQ(rate(plan, whole)->total, rate(plan, parts)->total);
}

TEST(Rate, ShowsWhatWasProrated) {
    const Plan plan = plan_with(R"({"code":"base","model":"flat","amount":"31","prorate":"day"})");
    RateInput input = october();
    EXPECT_EQ(rate(plan, input)->lines[0].prorated, "");
    input.active_from = at("2026-10-10T00:00:00Z");
    EXPECT_EQ(rate(plan, input)->lines[0].prorated, "22/31");
    EXPECT_EQ(rate(plan, input)->total.str(), "22.00");
}

TEST(Rate, OwesNothingForATimeWithoutSubscription) {
    const Plan plan =
        plan_with(R"({"code":"base","model":"flat","amount":"31","min":"5"})", R"(,"minimum":"50")");
    RateInput input = october();
    input.active_to = at("2026-09-30T00:00:00Z");
    EXPECT_EQ(rate(plan, input)->total.str(), "0.00");
}

TEST(Rate, GivesEachGroupItsLine) {
    const Plan plan = plan_with(R"({"code":"c","meter":"m","model":"unit","unit":"1","group_by":["a","b"]})");
    RateInput input = october();
    input.usage = {{"m", 1, {{"a", "2"}, {"b", "1"}}},
                   {"m", 2, {{"a", "1"}, {"b", "9"}, {"c", "x"}}},
                   {"m", 4, {{"a", "1"}, {"b", "9"}}}};
    const auto invoice = rate(plan, input).value();
    ASSERT_EQ(invoice.lines.size(), 2U);
    EXPECT_EQ(*invoice.lines[0].group, (Dimensions{{"a", "1"}, {"b", "9"}}));
    EXPECT_EQ(invoice.lines[0].quantity, Decimal(6));
    EXPECT_EQ(invoice.lines[1].quantity, Decimal(1));
    input.usage.clear();
    EXPECT_TRUE(rate(plan, input)->lines.empty());
}

TEST(Rate, PointsIntoTheInput) {
    const Plan plan =
        plan_with(R"({"code":"c","meter":"m","model":"stairstep","tiers":[{"up_to":"1","flat":"1"}]})");
    RateInput input = october();
    input.usage = {{"m", 2, {}}};
    EXPECT_EQ(rate(plan, input).error().pointer, "/plan/charges/0/tiers");
    input = october();
    input.events = {{"m", input.period.from, "1", "", {}}, {"m", input.period.from, "one", "", {}}};
    EXPECT_EQ(rate(plan, input).error().pointer, "/events/1/value");
    input = october();
    input.coupons.push_back({"x", std::nullopt, 1, {"nothing"}});
    EXPECT_EQ(rate(plan, input).error().pointer, "/coupons/0/charges/0");
    input = october();
    input.period.to = input.period.from;
    EXPECT_EQ(rate(plan, input).error().pointer, "/period/to");
}

}  // namespace
}  // namespace tally::rating
