// What is left after crashes and damage that no seal describes: each record that can be read is handed out
// once, and what cannot be read is said.
#include "unit/capture/log_world.hpp"

#include <cstring>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

namespace tally::capture::test {
namespace {

constexpr std::uint64_t kSegmentSize = 16 * 1024;

// The bytes of one segment file, changed and written back.
class SegmentBytes {
  public:
    explicit SegmentBytes(Path file)
        : file_(std::move(file)), bytes_(PosixFileSystem().read(file_).value()) {}

    [[nodiscard]] std::string& bytes() { return bytes_; }

    [[nodiscard]] SegmentHeader& header() { return *reinterpret_cast<SegmentHeader*>(bytes_.data()); }

    // Where the records stand, in order.
    [[nodiscard]] std::vector<std::size_t> offsets() const {
        std::vector<std::size_t> found;
        for (std::size_t at = sizeof(SegmentHeader); at + kRecordSizeMin <= bytes_.size();) {
            const auto size = reinterpret_cast<const RecordHeader*>(bytes_.data() + at)->size;
            if (size == 0)
                break;
            found.push_back(at);
            at += size;
        }
        return found;
    }

    [[nodiscard]] std::size_t used() const {
        const std::size_t last = offsets().back();
        return last + reinterpret_cast<const RecordHeader*>(bytes_.data() + last)->size;
    }

    // In place, so that the writer's lock and mapping stay.
    void write() const {
        std::filesystem::resize_file(file_, bytes_.size());
        std::fstream(file_, std::ios::binary | std::ios::in | std::ios::out) << bytes_;
    }

  private:
    Path file_;
    std::string bytes_;
};

struct Found {
    std::vector<std::uint64_t> sequences;
    std::uint64_t damaged = 0;  // records
    std::size_t damages = 0;
};

Found found_by(const Scan& scan) {
    Found found;
    for (const RequestRecord& record : scan.records) {
        EXPECT_EQ(difference(record, record.id.sequence), "") << "sequence " << record.id.sequence;
        found.sequences.push_back(record.id.sequence);
    }
    for (const Damage& damage : scan.damages)
        found.damaged += damage.records;
    found.damages = scan.damages.size();
    return found;
}

std::vector<std::uint64_t> numbers(std::uint64_t begin, std::uint64_t end) {
    std::vector<std::uint64_t> all;
    for (; begin < end; ++begin)
        all.push_back(begin);
    return all;
}

// A writer that died with one request on its way, so that its only segment has no seal.
struct Crashed {
    static constexpr std::uint64_t kRecords = 12;
    LogWorld world{kSegmentSize};
    SegmentBytes segment;

    explicit Crashed(std::uint64_t pending = kRecords - 1) : segment(write(world, pending)) {}

    static Path write(LogWorld& world, std::uint64_t pending) {
        EXPECT_EQ(world.open_writer(), 0);
        for (std::uint64_t n = 0; n < kRecords; ++n)
            append_sample(world.writer, n, n == pending);
        world.writer.close();
        return world.folder.path() / world.segment_files().at(0);
    }
};

TEST(Recovery, ReadsRecordsBehindAnUnreadableHeader) {
    Crashed crashed;
    std::memset(crashed.segment.bytes().data(), 0, sizeof(SegmentHeader));
    crashed.segment.write();
    const auto scan = crashed.world.log.scan({});
    ASSERT_TRUE(scan.ok());
    const Found found = found_by(*scan);
    EXPECT_EQ(found.sequences, numbers(0, Crashed::kRecords));
    EXPECT_EQ(found.damages, 1U);
    EXPECT_EQ(found.damaged, 0U);
    EXPECT_EQ(scan->lost, 0U);
    EXPECT_EQ(crashed.world.log.remove_taken(scan->next).value(), 1U);
}

TEST(Recovery, CountsWhatIsMissingBehindAnUnreadableHeader) {
    LogWorld world(kSegmentSize);
    ASSERT_EQ(world.open_writer(), 0);
    for (std::uint64_t n = 0; n < 100; ++n)
        append_sample(world.writer, n);
    world.writer.close();
    const auto whole = world.log.scan({});
    const SegmentState second = whole->segments.at(1);
    SegmentBytes segment(second.path);
    const auto offsets = segment.offsets();
    std::memset(segment.bytes().data(), 0, offsets.at(2));  // the header and two records
    segment.write();
    const auto scan = world.log.scan({});
    ASSERT_TRUE(scan.ok());
    const Found found = found_by(*scan);
    EXPECT_EQ(found.sequences.size(), 98U);
    EXPECT_EQ(found.damaged, 2U);
    EXPECT_EQ(scan->damages.at(1).first_sequence, second.first_sequence);
    EXPECT_EQ(scan->lost, 0U);
    const auto again = world.log.scan(scan->next);
    EXPECT_EQ(found_by(*again).damaged, 0U) << "counted once";
}

TEST(Recovery, RemovesASegmentOfZerosAndSaysNothing) {
    Crashed crashed;
    std::memset(crashed.segment.bytes().data(), 0, crashed.segment.bytes().size());
    crashed.segment.write();
    const auto scan = crashed.world.log.scan({});
    ASSERT_TRUE(scan.ok());
    EXPECT_TRUE(scan->damages.empty());
    EXPECT_EQ(crashed.world.log.remove_taken({}).value(), 1U);
}

TEST(Recovery, KeepsASegmentOfWhichNothingCanBeRead) {
    Crashed crashed;
    crashed.segment.bytes().assign(kSegmentSize, '\xAA');
    crashed.segment.write();
    const auto scan = crashed.world.log.scan({});
    ASSERT_TRUE(scan.ok());
    EXPECT_EQ(scan->damages.size(), 1U);
    EXPECT_EQ(crashed.world.log.remove_taken(scan->next).value(), 0U);
}

TEST(Recovery, RefusesACopyUnderAnotherName) {
    Crashed crashed;
    const Path folder = crashed.world.folder.path();
    std::filesystem::copy_file(folder / crashed.world.segment_files().at(0),
                               folder / "0000000000000abc-00000000.seg");
    const auto scan = crashed.world.log.scan({});
    ASSERT_FALSE(scan.ok());
    EXPECT_EQ(scan.error().code, ErrorCode::kCorruption);
    EXPECT_NE(scan.error().message.find("0000000000000abc-00000000.seg"), std::string::npos);
}

TEST(Recovery, LeavesFilesAloneWhoseNamesAreNotOurs) {
    Crashed crashed;
    const Path folder = crashed.world.folder.path();
    const Path original = folder / crashed.world.segment_files().at(0);
    for (const char* name : {"00C0FFEE00C0FFEE-00000000.seg", "00c0ffee00c0ffee-000000000.seg",
                             "00c0ffee00c0ffee-00000000.seg.old", "copy.seg", "x.seg"})
        std::filesystem::copy_file(original, folder / name);
    Positions positions;
    EXPECT_EQ(crashed.world.take_all(positions), numbers(0, Crashed::kRecords));
    EXPECT_EQ(crashed.world.log.remove_taken(positions).value(), 1U);
    EXPECT_EQ(crashed.world.segment_files().size(), 4U);
}

TEST(Recovery, ATakenRecordOfWrongSizeDoesNotHideGoodOnes) {
    Crashed crashed;
    const auto first = crashed.world.log.scan({}, {3});
    ASSERT_TRUE(first.ok());
    const auto offsets = crashed.segment.offsets();
    // Record 1 is taken; now its size reaches into record 4.
    reinterpret_cast<RecordHeader*>(crashed.segment.bytes().data() + offsets[1])->size =
        static_cast<std::uint32_t>(offsets[4] + 64 - offsets[1]);
    crashed.segment.write();
    const auto rest = crashed.world.log.scan(first->next);
    ASSERT_TRUE(rest.ok());
    EXPECT_EQ(found_by(*rest).sequences, numbers(3, Crashed::kRecords));
    EXPECT_TRUE(rest->damages.empty());
}

TEST(Recovery, DamageInALivingWritersSegmentDoesNotHoldUpWhatIsBehindIt) {
    LogWorld world(kSegmentSize);
    ASSERT_EQ(world.open_writer(), 0);
    for (std::uint64_t n = 0; n < 10; ++n)
        append_sample(world.writer, n);
    SegmentBytes segment(world.folder.path() / world.segment_files().at(0));
    segment.bytes()[segment.offsets().at(4) + kFixedOffset] ^= 1;
    segment.write();
    const auto scan = world.log.scan({});
    ASSERT_TRUE(scan.ok());
    const Found found = found_by(*scan);
    EXPECT_EQ(found.sequences.size(), 9U);
    EXPECT_EQ(found.damaged, 1U);
    EXPECT_EQ(scan->damages.at(0).first_sequence, 4U);
    append_sample(world.writer, 10);
    EXPECT_EQ(found_by(*world.log.scan(scan->next)).sequences, numbers(10, 11));
}

TEST(Recovery, TheLastDamagedRecordOfALivingWriterWaitsUntilMoreIsKnown) {
    LogWorld world(kSegmentSize);
    ASSERT_EQ(world.open_writer(), 0);
    append_sample(world.writer, 0);
    append_sample(world.writer, 1);
    SegmentBytes segment(world.folder.path() / world.segment_files().at(0));
    segment.bytes()[segment.offsets().at(1) + kFixedOffset] ^= 1;
    segment.write();
    const auto before = world.log.scan({});
    EXPECT_EQ(found_by(*before).sequences, numbers(0, 1));
    EXPECT_TRUE(before->damages.empty());
    append_sample(world.writer, 2);
    const auto after = world.log.scan(before->next);
    EXPECT_EQ(found_by(*after).sequences, numbers(2, 3));
    EXPECT_EQ(found_by(*after).damaged, 1U);
}

// Nothing tells how many records there were; that something is wrong must be said wherever the file ends.
TEST(Recovery, ACutOffSegmentWithoutSealIsReportedAtEveryLength) {
    Crashed crashed;
    const std::string whole = crashed.segment.bytes();
    const auto offsets = crashed.segment.offsets();
    for (std::size_t size = 0; size < whole.size(); size += size < crashed.segment.used() ? 1U : 512U) {
        SegmentBytes cut = crashed.segment;
        cut.bytes().resize(size);
        cut.write();
        const auto scan = crashed.world.log.scan({});
        ASSERT_TRUE(scan.ok());
        const Found found = found_by(*scan);
        std::size_t complete = 0;
        while (complete < offsets.size() &&
               size >= (complete + 1 < offsets.size() ? offsets[complete + 1] : crashed.segment.used()))
            ++complete;
        ASSERT_EQ(found.sequences, numbers(0, complete)) << "cut to " << size;
        ASSERT_EQ(found.damages, 1U) << "cut to " << size;
        ASSERT_LE(found.damaged, 1U) << "cut to " << size;
    }
}

TEST(Recovery, BytesBehindTheLastRecordThatAreNoRecordAreReportedAndCountNothing) {
    Crashed crashed;
    for (std::size_t bit = 0; bit < 32; ++bit) {
        SegmentBytes flipped = crashed.segment;
        flipped.bytes()[flipped.used() + bit / 8] ^= static_cast<char>(1 << (bit % 8));
        flipped.write();
        const auto scan = crashed.world.log.scan({});
        ASSERT_TRUE(scan.ok());
        const Found found = found_by(*scan);
        ASSERT_EQ(found.sequences, numbers(0, Crashed::kRecords)) << "bit " << bit;
        ASSERT_EQ(found.damages, 1U) << "bit " << bit;
        ASSERT_EQ(found.damaged, 0U) << "bit " << bit;
    }
}

// Every bit of records that a crash left open: what is handed out is what was written, or says that it does
// not know.
TEST(Recovery, EveryFlippedBitOfACrashedWritersSegmentIsFoundOrHarmless) {
    constexpr std::uint64_t kPendingRecord = 5;
    Crashed crashed(kPendingRecord);
    const std::size_t used = crashed.segment.used();
    const std::size_t last = crashed.segment.offsets().back();
    for (std::size_t bit = 0; bit < used * 8; ++bit) {
        SegmentBytes flipped = crashed.segment;
        flipped.bytes()[bit / 8] ^= static_cast<char>(1 << (bit % 8));
        flipped.write();
        const auto scan = crashed.world.log.scan({});
        if (!scan.ok()) {
            FAIL() << "bit " << bit << ": " << scan.error().message;
        }
        const Found found = found_by(*scan);
        const std::uint64_t counted = found.sequences.size() + found.damaged;
        // The size of the last record may have been the only sign of it.
        const bool last_header = bit / 8 >= last && bit / 8 < last + sizeof(RecordHeader);
        ASSERT_TRUE(counted == Crashed::kRecords || (last_header && counted == Crashed::kRecords - 1))
            << "bit " << bit << " counted " << counted;
        for (const RequestRecord& record : scan->records) {
            const bool open = record.id.sequence == kPendingRecord;
            if (record.state != CaptureState::kDone && !open) {
                // Its final values are unreadable: said, and the first ones stand in.
                ASSERT_EQ(found.damages, 1U) << "bit " << bit;
                ASSERT_EQ(record.bytes_sent, 0) << "bit " << bit;
            }
            ASSERT_TRUE(!open || record.state == CaptureState::kInterrupted) << "bit " << bit;
            if (open) {
                ASSERT_TRUE(record.time_taken_us == 1000 + kPendingRecord || record.time_taken_us == kAbsent)
                    << "bit " << bit;
            }
        }
    }
}

// A process killed between the last two stores of complete(): the values are all there.
TEST(Recovery, ACompletionWhoseStateWasNotStoredIsFinal) {
    Crashed crashed;
    auto* completion = reinterpret_cast<Completion*>(crashed.segment.bytes().data() +
                                                     crashed.segment.offsets().at(3) + kCompletionOffset);
    completion->state = kPending;
    crashed.segment.write();
    const auto scan = crashed.world.log.scan({});
    ASSERT_TRUE(scan.ok());
    ASSERT_EQ(found_by(*scan).sequences, numbers(0, Crashed::kRecords));
    EXPECT_EQ(scan->records.at(3).state, CaptureState::kDone);
}

// Killed while the values were being stored: the numbers of the end are unknown, the status is not.
TEST(Recovery, ACompletionCutShortLeavesWhatWasKnownAtTheFirstByte) {
    constexpr std::uint64_t kOpen = 5;
    Crashed crashed(kOpen);
    auto* completion = reinterpret_cast<Completion*>(crashed.segment.bytes().data() +
                                                     crashed.segment.offsets().at(kOpen) + kCompletionOffset);
    completion->bytes_sent = 999'999;
    crashed.segment.write();
    const auto scan = crashed.world.log.scan({});
    ASSERT_TRUE(scan.ok());
    const RequestRecord& record = scan->records.at(kOpen);
    EXPECT_EQ(record.state, CaptureState::kInterrupted);
    EXPECT_EQ(record.status, 200 + kOpen);
    EXPECT_EQ(record.bytes_sent, 0);
    EXPECT_EQ(record.time_taken_us, kAbsent);
    EXPECT_EQ(record.content_length, kAbsent);
    EXPECT_TRUE(scan->damages.empty());
}

TEST(Recovery, ASkippedRecordWhoseSegmentVanishedIsLost) {
    LogWorld world(kSegmentSize);
    ASSERT_EQ(world.open_writer(), 0);
    PendingRecord open = append_sample(world.writer, 0, true);
    for (std::uint64_t n = 1; n < 100; ++n)
        append_sample(world.writer, n);
    const auto first = world.log.scan({});
    EXPECT_EQ(first->next.writers.at(LogWorld::kWriter).skipped, std::set<std::uint64_t>{0});
    std::filesystem::remove(world.folder.path() / world.segment_files().at(0));
    const auto second = world.log.scan(first->next);
    EXPECT_EQ(second->lost, 1U);
    EXPECT_TRUE(second->next.writers.at(LogWorld::kWriter).skipped.empty());
    complete_sample(world.writer, open, 0);
}

TEST(Recovery, ListsEverySegmentAlsoWhenTheLimitStopsTheScan) {
    LogWorld world(kSegmentSize);
    ASSERT_EQ(world.open_writer(), 0);
    for (std::uint64_t n = 0; n < 100; ++n)
        append_sample(world.writer, n);
    const auto scan = world.log.scan({}, {1});
    ASSERT_TRUE(scan.ok());
    EXPECT_TRUE(scan->more);
    EXPECT_EQ(scan->segments.size(), world.segment_files().size());
}

}  // namespace
}  // namespace tally::capture::test
