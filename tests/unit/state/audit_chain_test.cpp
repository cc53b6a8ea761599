#include "accounts/audit_log.hpp"
#include "state/connection.hpp"
#include "unit/accounts/account_parts.hpp"

#include <gtest/gtest.h>

namespace tally::state {
namespace {

class AuditChainTest : public ::testing::Test {
  protected:
    AuditChainTest() {
        for (int i = 0; i < 20; ++i)
            parts.customers.create({.name = "c" + std::to_string(i)}).value();
    }

    test::AccountParts parts;
};

TEST_F(AuditChainTest, HasAnEntryForEachChange) {
    EXPECT_EQ(parts.state->audit_log().verify().value(), 20);
    const accounts::Customer customer = parts.customers.update("c3", {.timezone = "Asia/Tokyo"}).value();
    const auto entries = parts.state->audit_log().list(20, 10).value();
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].action, "customer.update");
    EXPECT_EQ(entries[0].subject, customer.id.str());
    EXPECT_EQ(entries[0].at, parts.clock.now());
    EXPECT_EQ(entries[0].sequence, 21);
}

TEST_F(AuditChainTest, AFailedChangeLeavesNoEntry) {
    ASSERT_TRUE(parts.customers.create({.name = "x", .external_id = "e"}).ok());
    EXPECT_FALSE(parts.customers.create({.name = "y", .external_id = "e"}).ok());
    EXPECT_EQ(parts.state->audit_log().verify().value(), 21);
}

TEST_F(AuditChainTest, OnlyGrows) {
    const auto connection = Connection::open(parts.folder.path() / "state.db").value();
    EXPECT_FALSE(connection->execute("DELETE FROM audit_log WHERE sequence = 20").ok());
    EXPECT_FALSE(connection->execute("UPDATE audit_log SET detail = 'x' WHERE sequence = 3").ok());
}

// Somebody who takes away the triggers first is still found out, whatever is changed.
TEST_F(AuditChainTest, FindsEveryEditRemovalAndMove) {
    const std::vector<std::string> edits = {
        "UPDATE audit_log SET detail = detail || 'x' WHERE sequence = 7",
        "UPDATE audit_log SET at = at + 1 WHERE sequence = 1",
        "UPDATE audit_log SET action = 'customer.update' WHERE sequence = 20",
        "UPDATE audit_log SET subject = 'cus_other' WHERE sequence = 12",
        "UPDATE audit_log SET hash = 'g' || substr(hash, 2) WHERE sequence = 20",
        "UPDATE audit_log SET previous_hash = hash WHERE sequence = 5",
        "DELETE FROM audit_log WHERE sequence = 1",
        "DELETE FROM audit_log WHERE sequence = 11",
        "UPDATE audit_log SET sequence = sequence + 100 WHERE sequence = 10",
    };
    const Path original = parts.folder.path() / "state.db";
    for (std::size_t i = 0; i < edits.size(); ++i) {
        const Path copy = parts.folder.path() / ("copy-" + std::to_string(i) + ".db");
        ASSERT_TRUE(Connection::open(original).value()->execute("VACUUM INTO :copy", {copy.string()}).ok());
        const auto connection = Connection::open(copy).value();
        ASSERT_TRUE(connection->execute("DROP TRIGGER audit_log_only_grows").ok());
        ASSERT_TRUE(connection->execute("DROP TRIGGER audit_log_stays").ok());
        const auto opened = StateDatabase::open(copy, parts.clock).value();
        ASSERT_TRUE(opened->audit_log().verify().ok());
        ASSERT_EQ(connection->execute(edits[i]).value(), 1) << edits[i];
        const Result<std::int64_t> verified = opened->audit_log().verify();
        ASSERT_FALSE(verified.ok()) << edits[i];
        EXPECT_EQ(verified.error().code, ErrorCode::kDifference);
    }
}

}  // namespace
}  // namespace tally::state
