#include "billing/credits.hpp"

#include "unit/billing/credit_parts.hpp"

#include <gtest/gtest.h>

namespace tally::billing {
namespace {

using test::dec;

class CreditsTest : public ::testing::Test {
  protected:
    CreditsTest() { acme = parts.customer("acme"); }

    Error refused(const NewGrant& wanted) {
        const auto granted = parts.credits.grant(wanted);
        EXPECT_FALSE(granted.ok());
        return granted.ok() ? Error{} : granted.error();
    }

    test::CreditParts parts;
    accounts::Customer acme;
};

TEST_F(CreditsTest, TheFirstGrantMakesACustomerPayAheadAndTheEdgeIsTold) {
    EXPECT_EQ(parts.credits.balance("acme").error().code, ErrorCode::kNotFound);
    const CreditGrant first = parts.grant("acme", "10");
    EXPECT_EQ(first.amount.str(), "10.00");
    EXPECT_EQ(parts.edge.granted, dec("10"));
    const CreditGrant second = parts.grant("acme", "2.50");
    EXPECT_EQ(second.account, first.account);
    EXPECT_EQ(parts.edge.granted, dec("12.50"));
    const FundedAccount account = parts.account(acme);
    EXPECT_EQ(account.granted, dec("12.50"));
    EXPECT_EQ(account.account.ordinal, 1U);
    EXPECT_EQ(account.account.since, first.created_at);
    EXPECT_EQ(parts.credits.balance("acme").value().balance(), dec("12.50"));
}

TEST_F(CreditsTest, WrongGrantsAreRefusedWithThePlace) {
    EXPECT_EQ(refused({"acme", "0", "USD"}).pointer, "/amount");
    EXPECT_EQ(refused({"acme", "-1", "USD"}).pointer, "/amount");
    EXPECT_EQ(refused({"acme", "ten", "USD"}).pointer, "/amount");
    EXPECT_EQ(refused({"acme", "1.005", "USD"}).pointer, "/amount");
    EXPECT_EQ(refused({"acme", "1.5", "JPY"}).pointer, "/amount");
    EXPECT_EQ(refused({"acme", "1000000000000000000", "USD"}).pointer, "/amount");
    EXPECT_EQ(refused({"acme", "1", "usd"}).pointer, "/currency");
    EXPECT_EQ(refused({"acme", "1", "USD", " "}).pointer, "/description");
    EXPECT_EQ(refused({"nobody", "1", "USD"}).code, ErrorCode::kNotFound);
    EXPECT_FALSE(parts.edge.granted.has_value());
    parts.grant("acme", "1");
    const Error other = refused({"acme", "1", "EUR"});
    EXPECT_EQ(other.code, ErrorCode::kConflict);
    EXPECT_NE(other.message.find("USD"), std::string::npos);
}

TEST_F(CreditsTest, AVoidGrantCountsNoMoreAndTheCustomerStaysPrepaid) {
    const CreditGrant grant = parts.grant("acme", "10.00");
    EXPECT_EQ(parts.credits.make_void(grant.id.str(), "").error().pointer, "/reason");
    EXPECT_EQ(parts.credits.make_void("crd_none", "why").error().code, ErrorCode::kNotFound);
    const CreditGrant voided = parts.credits.make_void(grant.id.str(), "by mistake").value();
    EXPECT_TRUE(voided.voided_at.has_value());
    EXPECT_EQ(parts.edge.granted, Decimal(0));
    parts.clock.jump_to(parts.clock.now() + std::chrono::hours(1));
    const CreditGrant again = parts.credits.make_void(grant.id.str(), "again").value();
    EXPECT_EQ(again.voided_at, voided.voided_at);
    EXPECT_EQ(again.void_reason, "by mistake");
}

TEST_F(CreditsTest, WhoPaysLaterAgainBeginsAnewWithTheNextGrant) {
    parts.grant("acme", "10.00");
    const CreditBalance end = parts.credits.end("acme").value();
    EXPECT_EQ(end.balance(), dec("10"));
    EXPECT_TRUE(end.account.ended_at.has_value());
    EXPECT_FALSE(parts.edge.granted.has_value());
    EXPECT_EQ(parts.credits.end("acme").error().code, ErrorCode::kNotFound);
    parts.grant("acme", "3.00", "EUR");
    EXPECT_EQ(parts.account(acme).granted, dec("3"));
    EXPECT_EQ(parts.credits.list("acme", {}).value().data.size(), 2U);
}

TEST_F(CreditsTest, WhatTheEdgeWasNotToldIsStoredAndSaid) {
    parts.edge.failing = true;
    const auto granted = parts.credits.grant({"acme", "1.00", "USD"});
    ASSERT_FALSE(granted.ok());
    EXPECT_NE(granted.error().message.find("is stored"), std::string::npos);
    EXPECT_EQ(parts.account(acme).granted, dec("1"));
}

TEST_F(CreditsTest, ListsByCustomerInPages) {
    parts.customer("other");
    parts.grant("acme", "1.00");
    parts.grant("other", "2.00");
    parts.grant("acme", "3.00");
    const auto first = parts.credits.list("acme", {.limit = 1}).value();
    ASSERT_EQ(first.data.size(), 1U);
    const auto second = parts.credits.list("acme", {.limit = 1, .cursor = first.next_cursor}).value();
    ASSERT_EQ(second.data.size(), 1U);
    EXPECT_EQ(second.data[0].amount, dec("3"));
    EXPECT_TRUE(second.next_cursor.empty());
    EXPECT_EQ(parts.credits.list("", {}).value().data.size(), 3U);
}

}  // namespace
}  // namespace tally::billing
