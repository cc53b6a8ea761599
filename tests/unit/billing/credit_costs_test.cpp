#include "billing/credit_costs.hpp"

#include "unit/billing/credit_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

using test::at;
using test::dec;

std::string plan(const std::string& code, const std::string& charges) {
    return R"({"code":")" + code + R"(","name":"P","currency":"USD","charges":[)" + charges + "]}";
}

class CreditCostsTest : public ::testing::Test {
  protected:
    CreditCostsTest() {
        parts.clock.jump_to(at("2026-10-15T00:00:00Z"));
        acme = parts.customer("acme");
        create_plan("unit", R"({"code":"c","meter":"requests","model":"unit","unit":"0.10"})");
    }

    void create_plan(const std::string& code, const std::string& charges) {
        const auto made = parts.plans.create(plan(code, charges), PlanFormat::kJson);
        ASSERT_TRUE(made.ok()) << made.error().message;
    }

    AccountCosts costs() { return parts.costs.read(parts.account(acme).account).value(); }

    Decimal spent() {
        const AccountCosts read = costs();
        return read.closed + cost_after(read.running, 0).value();
    }

    test::CreditParts parts;
    accounts::Customer acme;
};

TEST_F(CreditCostsTest, WithoutAPlanNothingIsPriced) {
    parts.grant("acme", "10.00");
    parts.requests(acme, "2026-10-15T00:00:00Z", 5);
    EXPECT_TRUE(costs().unpriced);
    EXPECT_EQ(spent(), Decimal(0));
}

TEST_F(CreditCostsTest, TheRunningPeriodIsPaidWholeAndEarlierOnesAreNot) {
    parts.subscribe("acme", "unit", "2026-08-01");
    parts.requests(acme, "2026-09-20T00:00:00Z", 100);
    parts.requests(acme, "2026-10-02T00:00:00Z", 3);
    parts.grant("acme", "10.00");
    parts.requests(acme, "2026-10-15T00:00:00Z", 4);
    const AccountCosts read = costs();
    EXPECT_FALSE(read.unpriced);
    EXPECT_TRUE(read.exact());
    EXPECT_EQ(spent(), dec("0.70"));
    EXPECT_EQ(read.changes_at, at("2026-11-01T00:00:00Z"));
    EXPECT_EQ(affordable_requests(read.running, dec("10.00"), 1000).value().requests, 93U);
}

TEST_F(CreditCostsTest, AnEndedPeriodCostsWhatItsInvoiceSays) {
    parts.subscribe("acme", "unit", "2026-10-01");
    parts.grant("acme", "10.00");
    parts.requests(acme, "2026-10-20T00:00:00Z", 4);
    parts.clock.jump_to(at("2026-11-02T00:00:00Z"));
    parts.requests(acme, "2026-11-01T00:00:00Z", 2);
    EXPECT_EQ(costs().closed, dec("0.40"));
    EXPECT_EQ(spent(), dec("0.60"));
    const Invoice invoice = parts.invoices.run({.periods = {.month = "2026-10", .as_of = {}}}).value().at(0);
    EXPECT_EQ(spent(), dec("0.60"));
    // What comes later is not on the invoice.
    parts.requests(acme, "2026-10-21T00:00:00Z", 100);
    EXPECT_EQ(spent(), dec("0.60"));
    ASSERT_TRUE(parts.invoices.make_void(invoice.id.str(), "goodwill").ok());
    EXPECT_EQ(spent(), dec("0.20"));
}

TEST_F(CreditCostsTest, APeriodThatIsOverIsMeasuredOnce) {
    parts.subscribe("acme", "unit", "2026-10-01");
    parts.grant("acme", "10.00");
    parts.requests(acme, "2026-10-20T00:00:00Z", 4);
    parts.clock.jump_to(at("2026-11-01T00:10:00Z"));
    EXPECT_EQ(spent(), dec("0.40"));
    parts.requests(acme, "2026-10-31T23:59:59Z", 1);
    EXPECT_EQ(spent(), dec("0.50"));
    parts.clock.jump_to(at("2026-11-01T01:10:00Z"));
    EXPECT_EQ(spent(), dec("0.50"));
    const int reads = parts.live.reads;
    EXPECT_EQ(spent(), dec("0.50"));
    EXPECT_EQ(parts.live.reads, reads + 1);
}

TEST_F(CreditCostsTest, AnotherCurrencyIsNotPaidFromIt) {
    parts.subscribe("acme", "unit", "2026-10-01");
    parts.grant("acme", "10.00", "EUR");
    parts.requests(acme, "2026-10-15T00:00:00Z", 5);
    EXPECT_TRUE(costs().unpriced);
    EXPECT_EQ(spent(), Decimal(0));
}

TEST_F(CreditCostsTest, ASubscriptionThatBeginsLaterIsAChangeAndOneThatEndedIsPaid) {
    parts.grant("acme", "10.00");
    parts.subscribe("acme", "unit", "2026-10-20");
    EXPECT_TRUE(costs().unpriced);
    EXPECT_EQ(costs().changes_at, at("2026-10-20T00:00:00Z"));
    const Subscription early = parts.subscribe("acme", "unit", "2026-10-01");
    parts.requests(acme, "2026-10-15T00:00:00Z", 5);
    parts.clock.jump_to(at("2026-10-16T00:00:00Z"));
    ASSERT_TRUE(parts.subscriptions.cancel(early.id.str(), "").ok());
    const AccountCosts read = costs();
    EXPECT_EQ(spent(), dec("0.50"));
    EXPECT_EQ(affordable_requests(read.running, dec("0.50"), 1000).value().requests, 1000U);
}

TEST_F(CreditCostsTest, ForBytesTheRequestsSoFarAreTheShape) {
    create_plan("bytes", R"({"code":"e","meter":"egress_gb","model":"unit","unit":"1.00"})");
    parts.subscribe("acme", "bytes", "2026-10-01");
    parts.grant("acme", "10.00");
    AccountCosts read = costs();
    EXPECT_FALSE(read.exact());
    EXPECT_EQ(affordable_requests(read.running, dec("10.00"), 1000).value().requests, 1000U);
    parts.requests(acme, "2026-10-15T00:00:00Z", 4);
    parts.lake.add({.meter = "egress_gb",
                    .customer = acme.id,
                    .time = at("2026-10-15T00:00:00Z"),
                    .value = 400'000'000});
    read = costs();
    // 0.40 for four, so with the margin an eighth for each.
    EXPECT_EQ(affordable_requests(read.running, dec("1.40"), 1000).value().requests, 8U);
}

TEST_F(CreditCostsTest, GroupsHaveTheirShapeToo) {
    create_plan("regions", R"({"code":"r","meter":"regions","model":"dimensional","dimensions":["c_country"],
        "prices":[{"match":{"c_country":["DE"]},"unit":"0.40"},{"match":{},"unit":"0.00"}]})");
    parts.subscribe("acme", "regions", "2026-10-01");
    parts.grant("acme", "10.00");
    for (const char* country : {"DE", "US"}) {
        parts.lake.add({.meter = "regions",
                        .customer = acme.id,
                        .time = at("2026-10-15T00:00:00Z"),
                        .group = {{"c_country", country}}});
        parts.requests(acme, "2026-10-15T00:00:00Z", 1);
    }
    const AccountCosts read = costs();
    EXPECT_FALSE(read.exact());
    EXPECT_EQ(spent(), dec("0.40"));
    EXPECT_EQ(affordable_requests(read.running, dec("1.40"), 1000).value().requests, 4U);
}

}  // namespace
}  // namespace tally::billing
