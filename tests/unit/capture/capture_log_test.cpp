#include "capture/capture_log.hpp"

#include "unit/capture/log_world.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace tally::capture::test {
namespace {

TEST(CaptureLog, ReadsALivingWritersDoneRecordsAndSkipsPendingOnes) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    append_sample(world.writer, 0);
    PendingRecord pending = append_sample(world.writer, 1, true);
    append_sample(world.writer, 2);
    auto scan = world.log.scan({});
    ASSERT_TRUE(scan.ok());
    EXPECT_EQ(scan->records.size(), 2U);
    EXPECT_EQ(scan->pending, 1U);
    ASSERT_EQ(scan->segments.size(), 1U);
    EXPECT_TRUE(scan->segments[0].writer_alive);
    EXPECT_FALSE(scan->segments[0].finished);
    complete_sample(world.writer, pending, 1);
}

TEST(CaptureLog, HandsOutAPendingRecordOfADeadWriterAsInterrupted) {
    LogWorld world;
    {
        SegmentWriter mortal;
        ASSERT_EQ(mortal.open(world.options, 7, LogWorld::kNow), 0);
        append_sample(mortal, 0, true);
    }
    auto scan = world.log.scan({});
    ASSERT_TRUE(scan.ok());
    ASSERT_EQ(scan->records.size(), 1U);
    EXPECT_EQ(scan->records[0].state, CaptureState::kInterrupted);
    EXPECT_EQ(difference(scan->records[0], 0), "");
    EXPECT_TRUE(scan->segments[0].finished);
}

TEST(CaptureLog, ReportsAMissingSegmentAsLost) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    for (std::uint64_t n = 0; n < 1000; ++n)
        append_sample(world.writer, n);
    const auto before = world.log.scan({});
    const auto files = world.segment_files();
    ASSERT_GT(files.size(), 3U);
    std::filesystem::remove(world.folder.path() / files[1]);
    auto scan = world.log.scan({});
    ASSERT_TRUE(scan.ok());
    EXPECT_EQ(scan->records.size() + scan->lost, 1000U);
    EXPECT_EQ(scan->lost, before->segments[1].end_sequence - before->segments[1].first_sequence);
    EXPECT_TRUE(scan->damages.empty());
    EXPECT_EQ(world.log.scan(scan->next)->lost, 0U) << "reported once";
}

TEST(CaptureLog, ForgetsWritersThatAreGoneAndKeepsTheOthers) {
    LogWorld world;
    {
        SegmentWriter mortal;
        ASSERT_EQ(mortal.open(world.options, 7, LogWorld::kNow), 0);
        append_sample(mortal, 0);
    }
    ASSERT_EQ(world.open_writer(), 0);
    append_sample(world.writer, 0);
    Positions positions;
    EXPECT_EQ(world.take_all(positions).size(), 2U);
    ASSERT_TRUE(world.log.remove_taken(positions).ok());
    const auto kept = world.log.without_gone_writers(positions);
    ASSERT_TRUE(kept.ok());
    EXPECT_EQ(kept->writers.size(), 1U);
    EXPECT_TRUE(kept->writers.contains(LogWorld::kWriter));
}

TEST(CaptureLog, RemovesLeftoversOfDeadWriters) {
    LogWorld world;
    PosixFileSystem files;
    ASSERT_TRUE(write_new_file(files, world.folder.path() / "0000000000000007-00000001.0.tmp", "half").ok());
    ASSERT_TRUE(world.log.remove_taken({}).ok());
    EXPECT_TRUE(files.list(world.folder.path())->empty());
}

TEST(CaptureLog, JoinsSeveralForwardedLinesToOneList) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    const std::string headers =
        "Host:a\nX-Forwarded-For:1.1.1.1\nAccept:b\nx-forwarded-for:2.2.2.2, 3.3.3.3\n";
    RecordBuilder builder;
    ASSERT_TRUE(world.writer.begin(1000, LogWorld::kNow, builder));
    builder.completion->state = kDone;
    builder.add(kHeaders, headers.data(), headers.size());
    world.writer.commit(builder);
    const auto scan = world.log.scan({});
    ASSERT_TRUE(scan.ok());
    EXPECT_EQ(scan->records.at(0).x_forwarded_for, "1.1.1.1, 2.2.2.2, 3.3.3.3");
}

TEST(CaptureLog, SyncsLivingAndSealedSegments) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    for (std::uint64_t n = 0; n < 500; ++n)
        append_sample(world.writer, n);
    EXPECT_TRUE(world.log.sync().ok());
    EXPECT_TRUE(world.log.sync().ok());
}

TEST(CaptureLog, NamesALaterFormatVersion) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    world.writer.close();
    const Path file = world.folder.path() / world.segment_files().at(0);
    PosixFileSystem files;
    std::string bytes = files.read(file).value();
    auto* header = reinterpret_cast<SegmentHeader*>(bytes.data());
    header->version = kFormatVersion + 1;
    header->header_crc = crc32c(header, kHeaderCrcSpan);
    ASSERT_TRUE(replace_file(files, file, bytes).ok());
    const auto scan = world.log.scan({});
    ASSERT_FALSE(scan.ok());
    EXPECT_EQ(scan.error().code, ErrorCode::kUnsupported);
}

// Random appends, completions and scans with a random limit: whatever the order, each record is taken once.
TEST(CaptureLog, TakesEachRecordOnceWhateverTheOrder) {
    for (unsigned seed = 0; seed < 40; ++seed) {
        LogWorld world;
        ASSERT_EQ(world.open_writer(), 0);
        std::mt19937 random(seed);
        std::vector<std::pair<std::uint64_t, PendingRecord>> open;
        Positions positions;
        std::multiset<std::uint64_t> taken;
        std::uint64_t n = 0;
        for (int step = 0; step < 600; ++step) {
            const auto choice = random() % 10;
            if (choice < 6) {
                PendingRecord pending = append_sample(world.writer, n, random() % 3 == 0);
                if (pending.segment != nullptr)
                    open.emplace_back(n, pending);
                ++n;
            } else if (choice < 9 && !open.empty()) {
                const std::size_t at = random() % open.size();
                complete_sample(world.writer, open[at].second, open[at].first);
                open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
            } else {
                for (const auto sequence : world.take_all(positions, 1 + random() % 50))
                    taken.insert(sequence);
                const auto copy = Positions::from_json(positions.to_json());
                ASSERT_TRUE(copy.ok());
                ASSERT_EQ(*copy, positions);
                ASSERT_TRUE(world.log.remove_taken(positions).ok());
            }
        }
        world.writer.close();
        for (const auto sequence : world.take_all(positions))
            taken.insert(sequence);
        ASSERT_EQ(taken.size(), n) << "seed " << seed;
        ASSERT_EQ(std::set<std::uint64_t>(taken.begin(), taken.end()).size(), n) << "seed " << seed;
    }
}

}  // namespace
}  // namespace tally::capture::test
