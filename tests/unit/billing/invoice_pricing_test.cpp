#include "billing/invoice_pricing.hpp"

#include "rating/plan_json.hpp"
#include "unit/billing/billing_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

using test::at;
using test::dec;

class InvoicePricingTest : public ::testing::Test {
  protected:
    InvoicePricingTest() {
        acme = parts.customer("acme");
        invoice.customer = acme.id;
        invoice.plan = "p";
        invoice.currency = "USD";
        invoice.timezone = "UTC";
        invoice.period = {at("2026-10-01T00:00:00Z"), at("2026-11-01T00:00:00Z")};
        invoice.active = invoice.period;
        invoice.snapshot = SnapshotId(1);
    }

    PricedContent price(std::string_view charges) {
        const rating::Plan plan =
            rating::parse_plan_json(R"({"code":"p","name":"P","currency":"USD","charges":)" +
                                    std::string(charges) + "}")
                .value();
        invoice.meter_versions = newest_meter_versions(plan, parts.meters).value();
        EXPECT_TRUE(parts.lake.commit().ok());
        return price_invoice(invoice, plan, parts.meters, parts.lake).value();
    }

    test::BillingParts parts;
    accounts::Customer acme;
    Invoice invoice;
};

TEST_F(InvoicePricingTest, TwoChargesOfOneMeterReadItOnce) {
    parts.requests(acme, "2026-10-02T00:00:00Z", 4);
    const PricedContent content = price(R"([{"code":"a","meter":"requests","model":"unit","unit":"1"},
                                            {"code":"b","meter":"requests","model":"unit","unit":"2"}])");
    EXPECT_EQ(parts.lake.reads, 1);
    EXPECT_EQ(content.lines[0].amount, dec("4"));
    EXPECT_EQ(content.lines[1].amount, dec("8"));
    EXPECT_EQ(content.lines[0].digest, content.lines[1].digest);
    EXPECT_EQ(content.totals.total, dec("12"));
}

TEST_F(InvoicePricingTest, ALineOfSeveralGroupsHasOneDigestOverThem) {
    const auto add = [&](const char* country) {
        parts.lake.add({.meter = "regions",
                        .customer = acme.id,
                        .time = at("2026-10-02T00:00:00Z"),
                        .value = 1,
                        .group = {{"c_country", country}}});
    };
    add("DE");
    const std::string charges = R"([{"code":"a","meter":"regions","model":"unit","unit":"1"}])";
    const std::string one = price(charges).lines[0].digest;
    add("US");
    invoice.snapshot = SnapshotId(2);
    const PricedContent both = price(charges);
    EXPECT_EQ(both.lines[0].quantity, dec("2"));
    EXPECT_EQ(both.lines[0].rows, 2);
    EXPECT_EQ(both.lines[0].digest.size(), 32U);
    EXPECT_NE(both.lines[0].digest, one);
    EXPECT_EQ(price(charges).lines[0].digest, both.lines[0].digest);
}

TEST_F(InvoicePricingTest, AFlatChargeNeedsNoMeter) {
    const PricedContent content = price(R"([{"code":"base","model":"flat","amount":"5"}])");
    EXPECT_EQ(parts.lake.reads, 0);
    EXPECT_EQ(content.lines[0].meter, "");
    EXPECT_EQ(content.lines[0].digest, std::string(32, '0'));
    EXPECT_EQ(content.lines[0].amount.str(), "5.00");
    EXPECT_EQ(content.lines[0].description, "base");
}

TEST_F(InvoicePricingTest, ProrationGoesByTheDaysOfTheCustomer) {
    invoice.timezone = "Europe/Berlin";
    invoice.period = {at("2026-09-30T22:00:00Z"), at("2026-10-31T23:00:00Z")};
    invoice.active = {at("2026-10-24T22:00:00Z"), invoice.period.to};  // from the day with 25 hours on
    const PricedContent content = price(R"([{"code":"base","model":"flat","amount":"31","prorate":"day"}])");
    EXPECT_EQ(content.lines[0].amount.str(), "7.00");
    EXPECT_EQ(content.lines[0].prorated, "7/31");
}

}  // namespace
}  // namespace tally::billing
