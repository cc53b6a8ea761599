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
    EXPECT_EQ(migrate(*connection, clock).value(), 1);
    EXPECT_EQ(migrate(*connection, clock).value(), 1);
    EXPECT_EQ(connection->query("SELECT version FROM schema_versions").value().size(), 1U);
    EXPECT_EQ(connection->query("SELECT name FROM sqlite_master WHERE name = 'invoices'").value().size(), 1U);
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
    EXPECT_EQ(versions, std::vector<int>(4, 1));
}

}  // namespace
}  // namespace tally::state
