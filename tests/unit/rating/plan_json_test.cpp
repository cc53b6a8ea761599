#include "rating/plan_json.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

constexpr const char* kPlanJson =
    R"({"code":"pro","name":"Pro","currency":"EUR","interval":"quarter","count":2,
 "anchor":"2026-01-31","timezone":"Europe/Berlin",
 "charges":[
  {"code":"base","name":"Base fee","model":"flat","amount":"49.00","pay":"advance","prorate":"day"},
  {"code":"calls","meter":"requests","model":"graduated","included":"1000","min":"1","max":"99",
   "discount":{"rate":"0.10"},"convert":{"divide":1000,"rounding":{"scale":0,"mode":"ceiling"}},
   "tiers":[{"up_to":"10000","unit":"0.0010"},{"up_to":null,"unit":"0.0004","flat":"2","block":"100"}],
   "rounding":{"scale":4,"mode":"half_even"},"group_by":["region"]}],
 "meters":[{"code":"p95","source":"x","aggregation":"percentile","value":"v","percentile":"0.95","samples":"5m"}],
 "minimum":"10.00","tax":{"rate":"0.19","inclusive":true}})";

TEST(PlanJson, ReadsEveryField) {
    const auto plan = parse_plan_json(kPlanJson);
    ASSERT_TRUE(plan.ok()) << plan.error().pointer << " " << plan.error().message;
    EXPECT_EQ(plan->code, "pro");
    EXPECT_EQ(plan->currency_digits, 2);
    EXPECT_EQ(plan->schedule.interval, Interval::kQuarter);
    EXPECT_EQ(plan->schedule.count, 2);
    EXPECT_EQ(plan->schedule.anchor->date, (CivilDate{2026, 1, 31}));
    EXPECT_EQ(plan->schedule.zone.name(), "Europe/Berlin");
    ASSERT_EQ(plan->charges.size(), 2U);
    EXPECT_EQ(plan->charges[0].pay, PayTime::kAdvance);
    EXPECT_EQ(plan->charges[0].prorate, Proration::kDay);
    EXPECT_EQ(model_name(plan->charges[0].price), "flat");
    const Charge& calls = plan->charges[1];
    EXPECT_EQ(calls.meter, "requests");
    EXPECT_EQ(calls.included, Decimal(1000));
    EXPECT_EQ(calls.min, Decimal(1));
    EXPECT_EQ(calls.max, Decimal(99));
    EXPECT_EQ(calls.discount_rate->str(), "0.10");
    EXPECT_EQ(calls.convert->divide, Decimal(1000));
    EXPECT_EQ(calls.convert->rounding->mode, RoundingMode::kCeiling);
    EXPECT_EQ(calls.rounding->scale, 4);
    EXPECT_EQ(calls.group_by, std::vector<std::string>{"region"});
    const auto& tiers = std::get<GraduatedPrice>(calls.price).tiers;
    EXPECT_FALSE(tiers[1].up_to.has_value());
    EXPECT_EQ(tiers[1].block, Decimal(100));
    EXPECT_EQ(plan->meters[0].samples, std::chrono::minutes{5});
    EXPECT_EQ(plan->minimum->str(), "10.00");
    EXPECT_TRUE(plan->tax->inclusive);
}

TEST(PlanToml, IsTheSamePlan) {
    const auto plan = parse_plan_toml(R"(
code = "pro"
currency = "USD"
interval = "month"
anchor = 2026-01-31
minimum = 10

[[charges]]
code = "calls"
meter = "requests"
model = "volume"
tiers = [{ up_to = 100, unit = "0.10" }, { unit = "0.05" }]
)");
    ASSERT_TRUE(plan.ok()) << plan.error().pointer << " " << plan.error().message;
    EXPECT_EQ(plan->schedule.anchor->date, (CivilDate{2026, 1, 31}));
    const auto& tiers = std::get<VolumePrice>(plan->charges[0].price).tiers;
    EXPECT_EQ(tiers[0].up_to, Decimal(100));
    EXPECT_FALSE(tiers[1].up_to.has_value());
}

TEST(PlanToml, PointsAtTheFieldOrTheLine) {
    const auto fraction = parse_plan_toml("currency = \"USD\"\nminimum = 0.5\ncharges = []");
    EXPECT_EQ(fraction.error().pointer, "/minimum");
    const auto broken = parse_plan_toml("currency = ");
    EXPECT_TRUE(broken.error().pointer.starts_with("1:")) << broken.error().pointer;
}

TEST(PlanJson, PointsFromThePlansRoot) {
    EXPECT_EQ(parse_plan_json(
                  R"({"currency":"USD","charges":[{"code":"c","model":"unit","meter":"m","unit":"x"}]})")
                  .error()
                  .pointer,
              "/charges/0/unit");
    EXPECT_EQ(parse_plan_json("{").error().pointer, "1:2");
    EXPECT_EQ(parse_plan_json("[]").error().pointer, "");
}

TEST(PlanJson, NamesTheNearestModel) {
    const auto plan = parse_plan_json(
        R"({"currency":"USD","charges":[{"code":"c","model":"graduted","meter":"m","tiers":[]}]})");
    EXPECT_NE(plan.error().message.find("did you mean 'graduated'"), std::string::npos);
}

}  // namespace
}  // namespace tally::rating
