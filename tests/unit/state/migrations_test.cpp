#include "state/migrations.hpp"

#include "state/state_database.hpp"
#include "support/temp_folder.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tally::state {
namespace {

TEST(Migrations, BringANewFileUpToDateOnce) {
    const test::TempFolder folder;
    const SystemClock clock;
    const auto connection = Connection::open(folder.path() / "s.db").value();
    const int newest = migrate(*connection, clock).value();
    EXPECT_GE(newest, 2);
    EXPECT_EQ(migrate(*connection, clock).value(), newest);
    EXPECT_EQ(connection->query("SELECT version FROM schema_versions").value().size(),
              static_cast<std::size_t>(newest));
    EXPECT_EQ(connection->query("SELECT name FROM sqlite_master WHERE name = 'invoices'").value().size(), 1U);
}

// A database as the first version left it, with a key under a plan and one under none.
TEST(Migrations, KeysStayUnderTheirPlans) {
    const test::TempFolder folder;
    const SystemClock clock;
    const Path file = folder.path() / "s.db";
    {
        const auto connection = Connection::open(file).value();
        ASSERT_TRUE(migrate_up_to(*connection, 1, clock).ok());
        for (const char* statement :
             {"INSERT INTO customers (id, name, timezone, created_at, updated_at) VALUES ('cus_1', 'A', "
              "'UTC', 1, 1)",
              "INSERT INTO usage_plans (id, name, description, created_at) VALUES ('up_1', 'gold', '', 5)",
              "INSERT INTO api_keys (id, customer_id, name, usage_plan, prefix, last4, hmac, digest_low, "
              "digest_high, "
              "status, created_at) VALUES ('key_1', 'cus_1', 'a', 'gold', '', '', 'h1', 1, 1, 'active', 7)",
              "INSERT INTO api_keys (id, customer_id, name, usage_plan, prefix, last4, hmac, digest_low, "
              "digest_high, "
              "status, created_at) VALUES ('key_2', 'cus_1', 'b', '', '', '', 'h2', 2, 2, 'active', 8)"})
            ASSERT_TRUE(connection->execute(statement).ok()) << statement;
    }
    const auto state = StateDatabase::open(file, clock).value();
    const accounts::ApiKey under = state->keys().find(KeyId("key_1")).value().value();
    EXPECT_EQ(under.usage_plan_id, UsagePlanId("up_1"));
    EXPECT_EQ(under.usage_plan, "gold");
    EXPECT_EQ(under.plan_since, instant_from_us(7));
    EXPECT_EQ(under.ordinal, 1U);
    const accounts::ApiKey free = state->keys().find(KeyId("key_2")).value().value();
    EXPECT_TRUE(free.usage_plan_id.empty());
    EXPECT_EQ(free.plan_since, std::nullopt);
    const accounts::UsagePlan plan = state->usage_plans().find(UsagePlanId("up_1")).value().value();
    EXPECT_EQ(plan.limits, UsageLimits());
    EXPECT_EQ(plan.updated_at, instant_from_us(5));
}

TEST(Migrations, RefuseANewerSchemaAndSayTheWayOut) {
    const test::TempFolder folder;
    const SystemClock clock;
    const Path file = folder.path() / "s.db";
    ASSERT_TRUE(StateDatabase::open(file, clock).ok());
    ASSERT_TRUE(
        Connection::open(file)
            .value()
            ->execute("INSERT INTO schema_versions (version, name, applied_at) VALUES (99, 'later', 0)")
            .ok());
    const auto opened = StateDatabase::open(file, clock);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(opened.error().message.find("99"), std::string::npos);
    EXPECT_NE(opened.error().message.find("backup"), std::string::npos);
}

TEST(Migrations, ProcessesThatStartAtOnceWaitForEachOther) {
    const test::TempFolder folder;
    const SystemClock clock;
    std::vector<int> versions(4);
    std::vector<std::thread> threads;
    for (int& version : versions)
        threads.emplace_back([&] {
            const auto opened = StateDatabase::open(folder.path() / "s.db", clock);
            version = opened.ok() ? (*opened)->schema_version() : -1;
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_GE(versions.front(), 2);
    EXPECT_EQ(versions, std::vector<int>(4, versions.front()));
}

}  // namespace
}  // namespace tally::state
