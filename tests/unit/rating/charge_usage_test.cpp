#include "rating/charge_usage.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

Charge unit_charge() {
    Charge charge;
    charge.code = "c";
    charge.meter = "m";
    charge.price = UnitPrice{1};
    return charge;
}

UsageEvent event(const char* id, const char* value) {
    return {"m", parse_rfc3339("2026-10-02T00:00:00Z").value(), value, id, {}};
}

TEST(CollectUsage, TakesTheSameEventOnce) {
    RateInput input;
    input.events = {event("a", "1"), event("b", "1"), event("a", "1"), event("", "1"), event("", "1")};
    EXPECT_EQ(collect_usage(input)->events.size(), 4U);
    input.events.push_back(event("b", "2"));
    EXPECT_EQ(collect_usage(input).error().pointer, "/events/5/id");
}

TEST(CollectUsage, TellsIdsOfDifferentMetersApart) {
    RateInput input;
    input.events = {event("a", "1"), event("a", "2")};
    input.events[1].meter = "n";
    EXPECT_EQ(collect_usage(input)->events.size(), 2U);
}

TEST(SliceByGroup, TakesOnlyTheMeterOfTheCharge) {
    RateInput input;
    input.usage = {{"m", 1, {}}, {"n", 2, {}}};
    const UsageSlice usage = collect_usage(input).value();
    const auto slices = slice_by_group(unit_charge(), usage);
    ASSERT_EQ(slices.size(), 1U);
    EXPECT_EQ(slices[0].quantities.size(), 1U);
    EXPECT_FALSE(slices[0].group.has_value());
}

TEST(SliceByGroup, IsOneEmptyLineWithoutUsageAndGroups) {
    Charge charge = unit_charge();
    EXPECT_EQ(slice_by_group(charge, {}).size(), 1U);
    charge.group_by = {"region"};
    EXPECT_TRUE(slice_by_group(charge, {}).empty());
}

TEST(ConvertAndInclude, ConvertsFirst) {
    Charge charge = unit_charge();
    charge.convert = Conversion{10, Rounding{0, RoundingMode::kCeiling}};
    Portion portion;
    portion.quantity = 41;
    Ratio included = 3;
    convert_and_include(charge, portion, included);
    EXPECT_EQ(portion.quantity, Ratio(2));
    EXPECT_EQ(included, Ratio(0));
}

TEST(ConvertAndInclude, LeavesWhatWasNotTaken) {
    Portion portion;
    portion.quantity = 2;
    Ratio included = 5;
    convert_and_include(unit_charge(), portion, included);
    EXPECT_EQ(portion.quantity, Ratio(0));
    EXPECT_EQ(included, Ratio(3));
    portion.quantity = -4;
    convert_and_include(unit_charge(), portion, included);
    EXPECT_EQ(portion.quantity, Ratio(-4));
}

TEST(ConvertAndInclude, TakesIncludedValueOffTransactionsInTheirOrder) {
    Charge charge = unit_charge();
    charge.price = PercentagePrice{};
    Portion portion;
    portion.transactions = {3, 4, 0, 5};
    Ratio included = 5;
    convert_and_include(charge, portion, included);
    EXPECT_EQ(portion.transactions, (std::vector<Ratio>{2, 0, 5}));
    EXPECT_EQ(portion.quantity, Ratio(7));
}

}  // namespace
}  // namespace tally::rating
