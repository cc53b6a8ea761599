#include "query/cut.hpp"

#include "results.hpp"
#include "support/request_lake.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::query {
namespace {

using tally::test::RequestLake;

lake::SnapshotInfo snapshot(std::int64_t id, std::optional<std::int64_t> parent, std::string positions) {
    lake::SnapshotInfo info;
    info.id = SnapshotId(id);
    if (parent.has_value())
        info.parent = SnapshotId(*parent);
    if (!positions.empty())
        info.summary[std::string(capture::kPositionsKey)] = positions;
    return info;
}

constexpr const char* kTwelve = R"({"00000000000000aa":{"next":12}})";

TEST(CutPositions, AreEmptyBeforeTheFirstCommit) {
    const auto positions = positions_of(lake::TableState{});
    ASSERT_TRUE(positions.ok());
    EXPECT_TRUE(positions->writers.empty());
}

TEST(CutPositions, ComeFromTheCurrentSnapshot) {
    lake::TableState state;
    state.snapshots = {snapshot(1, std::nullopt, kTwelve)};
    state.current = SnapshotId(1);
    const auto positions = positions_of(state);
    ASSERT_TRUE(positions.ok()) << positions.error().message;
    EXPECT_EQ(positions->writers.at(0xaa).next, 12U);
}

TEST(CutPositions, ComeFromTheAncestorThatDeliveryWrote) {
    lake::TableState state;
    state.snapshots = {snapshot(1, std::nullopt, kTwelve), snapshot(2, 1, ""), snapshot(3, 2, "")};
    state.current = SnapshotId(3);
    EXPECT_EQ(positions_of(state)->writers.at(0xaa).next, 12U);
}

TEST(CutPositions, AreAnErrorWhenTheAncestorIsGone) {
    lake::TableState state;
    state.snapshots = {snapshot(3, 2, "")};
    state.current = SnapshotId(3);
    const auto positions = positions_of(state);
    ASSERT_FALSE(positions.ok());
    EXPECT_EQ(positions.error().code, ErrorCode::kCorruption);
}

TEST(CutPositions, ThatCannotBeReadAreAnError) {
    lake::TableState state;
    state.snapshots = {snapshot(1, std::nullopt, "{nonsense")};
    state.current = SnapshotId(1);
    EXPECT_FALSE(positions_of(state).ok());
}

// One thread captures and delivers all the time, another asks all the time. Each count must be between what
// was captured before the question and after it, with every record there once.
TEST(Cut, MissesAndDoublesNothingWhileDeliveryRuns) {
    RequestLake lake;
    constexpr int kRounds = 60;
    constexpr int kQuestions =
        20;  // at least: a fast disk must not end the deliveries before they are asked about
    constexpr int kRequestsARound = 25;
    std::atomic<std::int64_t> captured{0};
    std::atomic<std::int64_t> begun{0};
    std::atomic<int> questions{0};
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (int round = 0; round < kRounds || questions < kQuestions; ++round) {
            for (int i = 0; i < kRequestsARound; ++i) {
                ++begun;
                lake.capture({});
                ++captured;
            }
            if (round % 3 != 2)
                lake.deliver();
        }
        done = true;
    });
    int wrong = 0;
    for (bool last = false; !last;) {
        last = done;
        const std::int64_t least = captured;
        const auto cut = load_cut(lake.log(), lake.table(), {});
        ASSERT_TRUE(cut.ok()) << cut.error().message;
        const auto result = lake.engine().run("SELECT count(*), count(DISTINCT record_id) FROM requests", {});
        ASSERT_TRUE(result.ok()) << result.error().message;
        const std::int64_t most = begun;
        const auto rows = std::get<std::int64_t>(result->rows[0][0].value);
        const auto distinct = std::get<std::int64_t>(result->rows[0][1].value);
        wrong += rows != distinct || rows < least || rows > most ? 1 : 0;
        ++questions;
    }
    writer.join();
    EXPECT_EQ(wrong, 0) << "of " << questions;
    EXPECT_EQ(test::ask(lake.engine(), "SELECT count(*), count(DISTINCT record_id) FROM requests"),
              fmt::format("{0}|{0}\n", captured.load()));
}

}  // namespace
}  // namespace tally::query
