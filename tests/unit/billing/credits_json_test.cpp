#include "billing/credits_json.hpp"

#include "unit/billing/billing_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

using test::at;
using test::dec;

TEST(CreditsJson, AGrant) {
    CreditGrant grant;
    grant.id = CreditGrantId("crd_1");
    grant.customer = CustomerId("cus_1");
    grant.amount = dec("10.00");
    grant.currency = "EUR";
    grant.created_at = at("2026-10-01T00:00:00Z");
    EXPECT_EQ(
        grant_to_json(grant),
        R"({"id":"crd_1","customer_id":"cus_1","amount":"10.00","currency":"EUR","description":"",)"
        R"("status":"granted","created_at":"2026-10-01T00:00:00Z","voided_at":null,"void_reason":null})");
    grant.voided_at = grant.created_at;
    grant.void_reason = "by mistake";
    EXPECT_NE(grant_to_json(grant).find(R"("status":"void")"), std::string::npos);
}

TEST(CreditsJson, ABalance) {
    CreditBalance balance;
    balance.account.customer = CustomerId("cus_1");
    balance.account.currency = "EUR";
    balance.account.since = at("2026-10-01T00:00:00Z");
    balance.granted = dec("10.00");
    balance.spent = dec("10.02");
    balance.allowance_granted = 5;
    balance.allowance_used = 5;
    EXPECT_EQ(
        balance_to_json(balance),
        R"({"customer_id":"cus_1","currency":"EUR","granted":"10.00","spent":"10.02","balance":"-0.02",)"
        R"("state":"stopped","unpriced":false,"since":"2026-10-01T00:00:00Z","ended_at":null,)"
        R"("allowance":{"granted":5,"used":5}})");
    balance.spent = 0;
    EXPECT_NE(balance_to_json(balance).find(R"("spent":"0.00")"), std::string::npos);
    balance.allowance_granted = 6;
    EXPECT_NE(balance_to_json(balance).find(R"("state":"open")"), std::string::npos);
    balance.account.ended_at = balance.account.since;
    EXPECT_NE(balance_to_json(balance).find(R"("state":"ended")"), std::string::npos);
}

TEST(CreditsJson, WhatAClientSends) {
    const auto wanted = new_grant_from_json(
        R"({"customer_id":"cus_1","amount":"10.00","currency":"EUR","description":"first"})");
    ASSERT_TRUE(wanted.ok());
    EXPECT_EQ(wanted->customer, "cus_1");
    EXPECT_EQ(wanted->amount, "10.00");
    EXPECT_EQ(wanted->description, "first");
    EXPECT_EQ(new_grant_from_json(R"({"amount":"1","currency":"EUR"})").error().pointer, "/customer_id");
    EXPECT_EQ(new_grant_from_json(R"({"customer":"c","currency":"EUR"})").error().pointer, "/amount");
    EXPECT_EQ(
        new_grant_from_json(R"({"customer":"c","amount":"1","currency":"EUR","expires":1})").error().pointer,
        "/expires");
    EXPECT_EQ(grant_void_from_json(R"({"reason":"r"})").value(), "r");
    EXPECT_FALSE(grant_void_from_json("{}").ok());
    EXPECT_EQ(credit_end_from_json(R"({"customer":"acme"})").value(), "acme");
    EXPECT_FALSE(credit_end_from_json(R"({"customer":"acme","x":1})").ok());
}

}  // namespace
}  // namespace tally::billing
