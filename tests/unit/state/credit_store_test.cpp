#include "state/credit_store.hpp"

#include "state/connection.hpp"
#include "unit/billing/credit_parts.hpp"

#include <gtest/gtest.h>

namespace tally::state {
namespace {

using test::dec;

TEST(CreditStore, KeepsAccountsAndGrantsOverARestart) {
    test::CreditParts parts;
    const auto acme = parts.customer("acme");
    const auto other = parts.customer("other");
    parts.grant("other", "1.00");
    parts.grant("acme", "10.00");
    auto account = parts.account(acme).account;
    account.settled_at = test::at("2026-10-02T00:00:00Z");
    account.settled_used = 1234;
    ASSERT_TRUE(parts.state->credits().settle(account).ok());
    const auto again = StateDatabase::open(parts.folder.path() / "state.db", parts.clock).value();
    const auto all = again->credits().open_accounts().value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].account.customer, other.id);
    EXPECT_EQ(all[0].account.ordinal, 2U);
    EXPECT_EQ(all[1].granted, dec("10"));
    EXPECT_EQ(all[1].account.ordinal, 1U);
    EXPECT_EQ(all[1].account.settled_at, account.settled_at);
    EXPECT_EQ(all[1].account.settled_used, 1234U);
    EXPECT_TRUE(again->audit_log().verify().ok());
}

TEST(CreditStore, AGrantIsNeitherChangedNorRemovedByAnybody) {
    test::CreditParts parts;
    parts.customer("acme");
    parts.grant("acme", "10.00");
    const auto connection = Connection::open(parts.folder.path() / "state.db").value();
    EXPECT_FALSE(connection->execute("UPDATE credit_grants SET amount = '99.00'").ok());
    EXPECT_FALSE(connection->execute("DELETE FROM credit_grants").ok());
}

TEST(CreditStore, ACustomerHasOneOpenAccount) {
    test::CreditParts parts;
    const auto acme = parts.customer("acme");
    parts.grant("acme", "10.00");
    const auto connection = Connection::open(parts.folder.path() / "state.db").value();
    EXPECT_FALSE(
        connection
            ->execute("INSERT INTO credit_accounts (id, customer_id, currency, since, settled_at, "
                      "settled_used) SELECT 'cra_x', customer_id, currency, 0, 0, 0 FROM credit_accounts")
            .ok());
    EXPECT_EQ(parts.state->credits().end(acme.id, parts.clock.now()).value()->customer, acme.id);
    EXPECT_FALSE(parts.state->credits().end(acme.id, parts.clock.now()).value().has_value());
    EXPECT_FALSE(parts.state->credits().open_account(acme.id).value().has_value());
}

}  // namespace
}  // namespace tally::state
