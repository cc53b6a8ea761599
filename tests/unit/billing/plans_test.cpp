#include "billing/plans.hpp"

#include "billing/plans_json.hpp"
#include "unit/billing/billing_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

TEST(Plans, ANewDocumentIsTheNextVersion) {
    test::BillingParts parts;
    const PlanVersion first = parts.plans.create(test::kProPlan, PlanFormat::kJson).value();
    EXPECT_EQ(first.version, 1);
    EXPECT_EQ(first.status, PlanStatus::kPublished);
    EXPECT_TRUE(first.id.str().starts_with("plan_"));
    const PlanVersion second = parts.plans.create(test::kProPlan, PlanFormat::kJson, true).value();
    EXPECT_EQ(second.version, 2);
    EXPECT_EQ(second.status, PlanStatus::kDraft);
    EXPECT_EQ(parts.plans.find("pro").value().version, 1) << "the newest published one";
    EXPECT_EQ(parts.plans.find("pro@2").value().id, second.id);
    EXPECT_EQ(parts.plans.find(second.id.str()).value().version, 2);
    EXPECT_EQ(parts.plans.publish("pro").value().version, 2);
    EXPECT_EQ(parts.plans.find("pro").value().version, 2);
    EXPECT_EQ(parts.plans.versions("pro").value().size(), 2U);
    EXPECT_EQ(parts.plans.list({}).value().data.size(), 1U);
    EXPECT_EQ(parts.plans.find("pro@3").error().code, ErrorCode::kNotFound);
}

TEST(Plans, KeepWhatWasWrittenInJsonAndToml) {
    test::BillingParts parts;
    const PlanVersion json = parts.plans.create(test::kProPlan, PlanFormat::kJson).value();
    EXPECT_EQ(read_plan_version(json).value().charges.size(), 3U);
    const PlanVersion toml = parts.plans
                                 .create(
                                     "code = \"basic\"\nname = \"Basic\"\ncurrency = \"EUR\"\n"
                                     "[[charges]]\ncode = \"base\"\nmodel = \"flat\"\namount = \"9.90\"\n",
                                     PlanFormat::kToml)
                                 .value();
    EXPECT_EQ(
        toml.document,
        R"({"charges":[{"amount":"9.90","code":"base","model":"flat"}],"code":"basic","currency":"EUR","name":"Basic"})");
    EXPECT_EQ(read_plan_version(toml).value().currency, "EUR");
    EXPECT_NE(plan_to_json(toml).find(R"("plan":{"charges":[)"), std::string::npos);
}

TEST(Plans, AreCheckedWithTheirMeters) {
    test::BillingParts parts;
    EXPECT_TRUE(parts.plans.validate(test::kProPlan, PlanFormat::kJson).ok());
    const auto unknown = parts.plans.create(R"({"code":"x","name":"X","currency":"USD","charges":[
        {"code":"a","meter":"nothing","model":"unit","unit":"1"}]})",
                                            PlanFormat::kJson);
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().pointer, "/charges/0/meter");
    EXPECT_EQ(parts.plans.create("{", PlanFormat::kJson).error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(parts.plans.list({}).value().data.empty());
}

TEST(Plans, AnArchivedOneCannotBePublished) {
    test::BillingParts parts;
    parts.plans.create(test::kProPlan, PlanFormat::kJson).value();
    EXPECT_EQ(parts.plans.archive("pro").value().status, PlanStatus::kArchived);
    EXPECT_EQ(parts.plans.publish("pro@1").error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(parts.plans.archive("pro").value().version, 1);
}

TEST(Plans, AChangedDocumentIsNoticed) {
    test::BillingParts parts;
    PlanVersion version = parts.plans.create(test::kProPlan, PlanFormat::kJson).value();
    version.document.replace(version.document.find("49.00"), 5, "4.900");
    EXPECT_EQ(read_plan_version(version).error().code, ErrorCode::kCorruption);
}

TEST(PlansJson, ShowsVersionsAndDifferences) {
    test::BillingParts parts;
    const PlanVersion made = parts.plans.create(test::kProPlan, PlanFormat::kJson).value();
    EXPECT_TRUE(
        plan_to_json(made).starts_with(R"({"id":")" + made.id.str() + R"(","code":"pro","version":1,)"));
    EXPECT_EQ(valid_plan_to_json(read_plan_version(made).value()),
              R"({"valid":true,"code":"pro","name":"Pro","currency":"USD","charges":3})");
    EXPECT_EQ(plan_differences_to_json({{"/name", R"("A")", std::nullopt}}),
              R"({"differences":[{"pointer":"/name","before":"A","after":null}]})");
}

}  // namespace
}  // namespace tally::billing
