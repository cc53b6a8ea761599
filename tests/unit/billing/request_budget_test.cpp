#include "billing/request_budget.hpp"

#include "base/time_text.hpp"
#include "rating/plan_json.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

Decimal dec(const std::string& text) {
    return Decimal::parse(text).value();
}

RunningPeriod period_of(const std::string& charges, std::int64_t used, const std::string& more = "") {
    RunningPeriod period;
    period.plan =
        rating::parse_plan_json(R"({"currency":"EUR","charges":[)" + charges + "]" + more + "}").value();
    period.input.period = {parse_rfc3339("2026-10-01T00:00:00Z").value(),
                           parse_rfc3339("2026-11-01T00:00:00Z").value()};
    period.input.usage = {{"m", used, {}}};
    period.per_request = {{"m", 1, {}}};
    return period;
}

std::uint64_t affordable(const RunningPeriod& period, const std::string& budget,
                         std::uint64_t requests_max = 10'000) {
    return affordable_requests({period}, dec(budget), requests_max).value().requests;
}

TEST(RequestBudget, APriceForEachRequestIsSpentToTheLastOne) {
    const auto unit = R"({"code":"c","meter":"m","model":"unit","unit":"0.01"})";
    EXPECT_EQ(affordable(period_of(unit, 0), "1.00"), 100U);
    EXPECT_EQ(affordable(period_of(unit, 60), "1.00"), 40U);
    EXPECT_EQ(affordable(period_of(unit, 100), "1.00"), 0U);
    EXPECT_EQ(affordable(period_of(unit, 130), "1.00"), 0U);
    EXPECT_EQ(affordable(period_of(unit, 0), "1.00", 30), 30U);
    EXPECT_EQ(affordable_requests({period_of(unit, 60)}, dec("1.00"), 5).value().cost, dec("0.60"));
}

TEST(RequestBudget, AllPricesThatARequestMeetsAreAddedUp) {
    const auto unit = R"({"code":"c","meter":"m","model":"unit","unit":"0.01"})";
    const auto both =
        affordable_requests({period_of(unit, 0), period_of(unit, 10)}, dec("1.00"), 1000).value();
    EXPECT_EQ(both.requests, 45U);
    EXPECT_EQ(both.cost, dec("0.10"));
}

TEST(RequestBudget, EachModelEndsAtTheFirstRequestThatCannotBePaid) {
    struct Row {
        std::string charge;
        std::int64_t used;
        std::string budget;
        std::uint64_t requests;
    };

    const std::vector<Row> rows{
        {R"("model":"graduated","tiers":[{"up_to":"10","unit":"0.10"},{"up_to":null,"unit":"0.05"}])", 0,
         "2.00", 30},
        {R"("model":"graduated","tiers":[{"up_to":"10","unit":"0.10"},{"up_to":null,"unit":"0.05","flat":"1"}])",
         0, "1.50", 10},
        {R"("model":"unit","unit":"0.10","included":"50")", 20, "0.50", 35},
        {R"("model":"unit","unit":"0.10","included":"50")", 20, "0.00", 30},
        {R"("model":"package","size":"100","amount":"1.00")", 0, "2.50", 200},
        {R"("model":"package","size":"100","amount":"1.00")", 150, "2.00", 50},
        {R"("model":"stairstep","tiers":[{"up_to":"10","flat":"1"},{"up_to":"50","flat":"3"}])", 0, "1.00",
         10},
        {R"("model":"stairstep","tiers":[{"up_to":"10","flat":"1"},{"up_to":"50","flat":"3"}])", 0, "9.00",
         50},
        {R"("model":"unit","unit":"0.10","max":"2.00")", 0, "1.90", 19},
        {R"("model":"unit","unit":"0.10","max":"2.00")", 0, "2.00", 10'000},
        {R"("model":"unit","unit":"1","convert":{"divide":"1000","rounding":{"scale":0,"mode":"ceiling"}})",
         0, "2", 2000},
        // 1000 x 0.01 = 10.00, and one more makes all of them cheaper: yet the 501st cannot be paid.
        {R"("model":"volume","tiers":[{"up_to":"1000","unit":"0.01"},{"up_to":null,"unit":"0.001"}])", 0,
         "5.00", 500},
        {R"("model":"volume","tiers":[{"up_to":"1000","unit":"0.01"},{"up_to":null,"unit":"0.001"}])", 1001,
         "5.00", 4003},  // 5.004, which the invoice rounds
    };
    for (const Row& row : rows)
        EXPECT_EQ(
            affordable(period_of(R"({"code":"c","meter":"m",)" + row.charge + "}", row.used), row.budget),
            row.requests)
            << row.charge << " " << row.used << " " << row.budget;
}

TEST(RequestBudget, WhatAPeriodCostsAnywayComesFirst) {
    const auto base =
        R"({"code":"b","model":"flat","amount":"5.00"},{"code":"c","meter":"m","model":"unit","unit":"0.01"})";
    EXPECT_EQ(affordable(period_of(base, 0), "4.99"), 0U);
    EXPECT_EQ(affordable(period_of(base, 0), "6.00"), 100U);
    const auto minimum =
        period_of(R"({"code":"c","meter":"m","model":"unit","unit":"0.01"})", 0, R"(,"minimum":"5")");
    EXPECT_EQ(affordable(minimum, "4.99"), 0U);
    EXPECT_EQ(affordable(minimum, "5.00"), 500U);
}

TEST(RequestBudget, TaxIsPaidFromTheCreditToo) {
    const auto period =
        period_of(R"({"code":"c","meter":"m","model":"unit","unit":"1"})", 0, R"(,"tax":{"rate":"0.19"})");
    EXPECT_EQ(affordable(period, "11.90"), 10U);
    EXPECT_EQ(affordable(period, "11.89"), 9U);
}

TEST(RequestBudget, AnUnpricedQuantityNowIsAnError) {
    const auto period =
        period_of(R"({"code":"c","meter":"m","model":"graduated","tiers":[{"up_to":"10","unit":"1"}]})", 11);
    EXPECT_FALSE(affordable_requests({period}, dec("100"), 10).ok());
}

// The search equals trying every number of requests.
TEST(RequestBudget, EqualsTryingEachNumber) {
    std::mt19937 random(20261124);  // NOLINT(cert-msc51-cpp): the same cases each time
    const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
    const auto cents = [](int value) { return Decimal::from_coefficient(value, 2).str(); };
    for (int round = 0; round < 300; ++round) {
        const int first = 1 + below(40);
        const int second = first + 1 + below(40);
        const std::string model = below(2) == 0 ? "graduated" : "volume";
        const std::string tiers =
            R"("tiers":[{"up_to":")" + std::to_string(first) + R"(","unit":")" + cents(below(20)) +
            R"(","flat":")" + cents(below(100)) + R"("},{"up_to":")" + std::to_string(second) +
            R"(","unit":")" + cents(below(20)) + R"("},{"up_to":null,"unit":")" + cents(below(20)) + R"("}])";
        const RunningPeriod period =
            period_of(R"({"code":"c","meter":"m","model":")" + model + R"(","included":")" +
                          std::to_string(below(10)) + "\"," + tiers + "}",
                      below(30));
        const Decimal budget = Decimal::from_coefficient(below(1500), 2);
        std::uint64_t expected = 0;
        while (expected < 100 && cost_after({period}, expected + 1).value() <= budget)
            ++expected;
        if (cost_after({period}, 0).value() > budget)
            expected = 0;
        EXPECT_EQ(affordable_requests({period}, budget, 100).value().requests, expected) << "round " << round;
    }
}

}  // namespace
}  // namespace tally::billing
