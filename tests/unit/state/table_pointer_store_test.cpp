#include "state/state_database.hpp"
#include "support/temp_folder.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::state {
namespace {

TEST(TablePointers, MoveOnlyFromWhereTheyAreExpected) {
    const test::TempFolder folder;
    const SystemClock clock;
    const auto state = StateDatabase::open(folder.path() / "s.db", clock).value();
    lake::TablePointerStore& pointers = state->table_pointers();
    EXPECT_EQ(pointers.current("tally.requests").value(), std::nullopt);
    EXPECT_EQ(pointers.swap("tally.requests", "v1", "v2").error().code, ErrorCode::kConflict);
    ASSERT_TRUE(pointers.swap("tally.requests", std::nullopt, "v1").ok());
    EXPECT_EQ(pointers.swap("tally.requests", std::nullopt, "v1").error().code, ErrorCode::kConflict);
    ASSERT_TRUE(pointers.swap("tally.requests", "v1", "v2").ok());
    EXPECT_EQ(pointers.swap("tally.requests", "v1", "v3").error().code, ErrorCode::kConflict);
    EXPECT_EQ(pointers.current("tally.requests").value(), "v2");
    ASSERT_TRUE(pointers.swap("tally.events", std::nullopt, "v1").ok());
    EXPECT_EQ(pointers.tables().value(), (std::vector<std::string>{"tally.events", "tally.requests"}));
}

// Each winner moves the pointer by one; nobody's move is lost or done twice. Two connections, as two
// processes would have.
TEST(TablePointers, OneWinsEachRace) {
    const test::TempFolder folder;
    const SystemClock clock;
    constexpr int kMoves = 25;
    constexpr int kThreads = 4;
    const auto first = StateDatabase::open(folder.path() / "s.db", clock).value();
    const auto second = StateDatabase::open(folder.path() / "s.db", clock).value();
    ASSERT_TRUE(first->table_pointers().swap("t", std::nullopt, "0").ok());
    std::atomic<int> others = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            lake::TablePointerStore& pointers = (i % 2 == 0 ? first : second)->table_pointers();
            for (int moved = 0; moved < kMoves;) {
                const std::string at = *pointers.current("t").value();
                const Status swapped = pointers.swap("t", at, std::to_string(std::stoi(at) + 1));
                if (swapped.ok())
                    ++moved;
                else if (swapped.error().code != ErrorCode::kConflict)
                    ++others;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(first->table_pointers().current("t").value(), std::to_string(kMoves * kThreads));
    EXPECT_EQ(others, 0);
}

}  // namespace
}  // namespace tally::state
