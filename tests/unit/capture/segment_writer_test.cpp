#include "capture/segment_writer.hpp"

#include "unit/capture/log_world.hpp"

#include <cerrno>
#include <filesystem>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

namespace tally::capture::test {
namespace {

std::vector<std::uint64_t> numbers(std::uint64_t count) {
    std::vector<std::uint64_t> all(count);
    std::iota(all.begin(), all.end(), 0);
    return all;
}

TEST(SegmentWriter, WritesWhatTheReaderReadsOverManySegments) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    for (std::uint64_t n = 0; n < 2000; ++n)
        append_sample(world.writer, n);
    EXPECT_GT(world.segment_files().size(), 5U);
    Positions positions;
    EXPECT_EQ(world.take_all(positions), numbers(2000));
    EXPECT_TRUE(world.take_all(positions).empty());
}

TEST(SegmentWriter, KeepsARetiredSegmentUntilItsLastRequestHasEnded) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    PendingRecord first = append_sample(world.writer, 0, true);
    for (std::uint64_t n = 1; n < 1000; ++n)
        append_sample(world.writer, n);
    Positions positions;
    EXPECT_EQ(world.take_all(positions).size(), 999U);
    EXPECT_EQ(positions.writers.at(LogWorld::kWriter).skipped, std::set<std::uint64_t>{0});
    ASSERT_TRUE(world.log.remove_taken(positions).ok());
    EXPECT_EQ(world.segment_files().size(), 2U)
        << "the first, with a request on its way, and the current one";
    complete_sample(world.writer, first, 0);
    EXPECT_EQ(first.segment, nullptr);
    EXPECT_EQ(world.take_all(positions), std::vector<std::uint64_t>{0});
    ASSERT_TRUE(world.log.remove_taken(positions).ok());
    EXPECT_EQ(world.segment_files().size(), 1U);
}

TEST(SegmentWriter, StopsAtTheFolderLimitAndGoesOnWhenThereIsRoom) {
    LogWorld world(64 * 1024, 3 * 64 * 1024);
    ASSERT_EQ(world.open_writer(), 0);
    std::uint64_t n = 0;
    RecordBuilder builder;
    while (world.writer.begin(2000, LogWorld::kNow, builder)) {
        append_sample(world.writer, n++);
        ASSERT_LT(n, 5000U);
    }
    EXPECT_EQ(world.writer.last_errno(), ENOSPC);
    Positions positions;
    EXPECT_EQ(world.take_all(positions), numbers(n));
    ASSERT_TRUE(world.log.remove_taken(positions).ok());
    // begin() waits a little after a failure; later in time it tries again.
    ASSERT_TRUE(world.writer.begin(2000, LogWorld::kNow + 1'000'000, builder));
    append_sample(world.writer, n);
    EXPECT_EQ(world.take_all(positions), std::vector<std::uint64_t>{n});
}

TEST(SegmentWriter, CutsWhatDoesNotFitAndSaysSo) {
    LogWorld world(256 * 1024);
    ASSERT_EQ(world.open_writer(), 0);
    RecordBuilder builder;
    const std::string huge(200'000, 'x');
    ASSERT_TRUE(world.writer.begin(huge.size() + kStringsOffset, LogWorld::kNow, builder));
    builder.completion->state = kDone;
    builder.add(kUriStem, huge.data(), huge.size());
    EXPECT_NE(builder.fixed->flags & kFlagCut, 0);
    world.writer.commit(builder);
    auto scan = world.log.scan({});
    ASSERT_TRUE(scan.ok());
    ASSERT_EQ(scan->records.size(), 1U);
    EXPECT_EQ(scan->records[0].uri_stem.size(), kStringSizeMax);
}

TEST(SegmentWriter, AnAbandonedRecordLeavesNoTrace) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    RecordBuilder builder;
    ASSERT_TRUE(world.writer.begin(5000, LogWorld::kNow, builder));
    builder.add(kUriStem, std::string(4000, 'x').data(), 4000);
    append_sample(world.writer, 0);
    world.writer.close();
    Positions positions;
    EXPECT_EQ(world.take_all(positions), numbers(1));
    EXPECT_TRUE(world.log.scan({})->damages.empty());
}

TEST(SegmentWriter, RefusesAUsedWriterId) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    SegmentWriter second;
    EXPECT_EQ(second.open(world.options, LogWorld::kWriter, LogWorld::kNow), EEXIST);
}

TEST(SegmentWriter, PreparesTheNextSegmentAhead) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    for (std::uint64_t n = 0; n < 1000; ++n) {
        append_sample(world.writer, n);
        EXPECT_EQ(world.writer.prepare_ahead(LogWorld::kNow), 0);
    }
    Positions positions;
    EXPECT_EQ(world.take_all(positions), numbers(1000));
    world.writer.close();
    for (const auto& entry : std::filesystem::directory_iterator(world.folder.path()))
        EXPECT_EQ(entry.path().extension(), ".seg");
}

}  // namespace
}  // namespace tally::capture::test
