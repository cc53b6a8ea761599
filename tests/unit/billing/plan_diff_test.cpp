#include "billing/plan_diff.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

std::string diff(std::string_view before, std::string_view after) {
    std::string text;
    const std::vector<PlanDifference> differences = diff_plans(before, after).value();
    for (const PlanDifference& difference : differences)
        text += difference.pointer + " " + difference.before.value_or("-") + " " +
                difference.after.value_or("-") + "\n";
    return text;
}

TEST(PlanDiff, NamesChangedValuesByTheirPlace) {
    EXPECT_EQ(diff(R"({"a":1,"b":{"c":"x"}})", R"({"a":1,"b":{"c":"y"}})"), "/b/c \"x\" \"y\"\n");
    EXPECT_EQ(diff(R"({"a":1})", R"({"a":1})"), "");
    EXPECT_EQ(diff(R"({"a":1})", R"({"b":2})"), "/a 1 -\n/b - 2\n");
    EXPECT_EQ(diff(R"({"a":[1,2]})", R"({"a":[1,3,4]})"), "/a/1 2 3\n/a/2 - 4\n");
}

TEST(PlanDiff, MatchesChargesByTheirCode) {
    EXPECT_EQ(diff(R"({"charges":[{"code":"a","unit":"1"},{"code":"b","unit":"2"}]})",
                   R"({"charges":[{"code":"b","unit":"2"},{"code":"a","unit":"3"},{"code":"c"}]})"),
              "/charges/a/unit \"1\" \"3\"\n/charges/c - {\"code\":\"c\"}\n");
}

}  // namespace
}  // namespace tally::billing
