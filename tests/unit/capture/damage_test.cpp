// Every byte cut off and every bit flipped of a segment: never a wrong value, never a silent loss.
#include "unit/capture/log_world.hpp"

#include <cstdlib>
#include <fstream>
#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace tally::capture::test {
namespace {

constexpr std::uint64_t kRecords = 12;
constexpr std::uint64_t kSegmentSize = 16 * 1024;

// A sealed segment of a dead writer, as bytes, and the place of its file.
struct Sealed {
    LogWorld world;
    Path file;
    std::string bytes;
    std::uint64_t used = 0;  // behind the last record

    explicit Sealed(std::uint64_t size = kSegmentSize, std::uint64_t records = kRecords) : world(size) {
        EXPECT_EQ(world.open_writer(), 0);
        for (std::uint64_t n = 0; n < records; ++n)
            append_sample(world.writer, n);
        world.writer.close();
        EXPECT_EQ(world.segment_files().size(), 1U);
        file = world.folder.path() / world.segment_files().at(0);
        bytes = PosixFileSystem().read(file).value();
        used = reinterpret_cast<const SegmentHeader*>(bytes.data())->sealed_size;
    }

    // Overwrites in place: truncating and rewriting a file makes ext4 flush it each time.
    void write(const std::string& damaged) const {
        std::filesystem::resize_file(file, damaged.size());
        std::fstream(file, std::ios::binary | std::ios::in | std::ios::out) << damaged;
    }
};

struct Outcome {
    std::uint64_t records = 0;
    std::uint64_t damaged = 0;
    std::size_t damages = 0;
    std::string wrong;  // a value that was handed out and is not the original
};

Outcome read_all(const CaptureLog& log) {
    Outcome outcome;
    const auto scan = log.scan({});
    if (!scan.ok()) {
        outcome.wrong = scan.error().message;
        return outcome;
    }
    std::set<std::uint64_t> seen;
    for (const RequestRecord& record : scan->records) {
        const std::string wrong = difference(record, record.id.sequence);
        if (!wrong.empty())
            outcome.wrong = wrong;
        if (!seen.insert(record.id.sequence).second)
            outcome.wrong = "a record twice";
    }
    outcome.records = scan->records.size();
    outcome.damages = scan->damages.size();
    for (const Damage& damage : scan->damages)
        outcome.damaged += damage.records;
    return outcome;
}

TEST(Damage, ASoundSegmentHasNone) {
    const Sealed sealed;
    const Outcome outcome = read_all(sealed.world.log);
    EXPECT_EQ(outcome.records, kRecords);
    EXPECT_EQ(outcome.damages, 0U);
}

TEST(Damage, EveryByteCutOffIsCountedExactly) {
    const Sealed sealed;
    for (std::size_t size = 0; size <= sealed.used; ++size) {
        sealed.write(sealed.bytes.substr(0, size));
        const Outcome outcome = read_all(sealed.world.log);
        ASSERT_EQ(outcome.wrong, "") << "cut to " << size;
        if (size < sizeof(SegmentHeader)) {
            ASSERT_EQ(outcome.records, 0U);
            ASSERT_EQ(outcome.damages, 1U) << "cut to " << size;
        } else {
            ASSERT_EQ(outcome.records + outcome.damaged, kRecords) << "cut to " << size;
        }
    }
}

TEST(Damage, EveryFlippedBitIsFoundOrHarmless) {
    const Sealed sealed;
    for (std::size_t bit = 0; bit < sealed.used * 8; ++bit) {
        std::string damaged = sealed.bytes;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
        sealed.write(damaged);
        const Outcome outcome = read_all(sealed.world.log);
        ASSERT_EQ(outcome.wrong, "") << "bit " << bit;
        ASSERT_EQ(outcome.records + outcome.damaged, kRecords) << "bit " << bit;
        if (bit / 8 < sizeof(SegmentHeader)) {
            ASSERT_EQ(outcome.records, kRecords) << "header bit " << bit;
        }
    }
}

// Each bit of 64 KiB, full to the end: all 524,288 with TALLYMAN_FLIPS=all, else some hundreds spread evenly.
TEST(Damage, EveryFlippedBitOfALargeSegmentIsFoundOrHarmless) {
    constexpr std::uint64_t kLarge = 64 * 1024;
    constexpr std::uint64_t kMany = 110;
    const Sealed sealed(kLarge, kMany);
    ASSERT_EQ(sealed.bytes.size(), kLarge);
    const char* flips = std::getenv("TALLYMAN_FLIPS");
    const std::size_t step = flips != nullptr && std::string_view(flips) == "all" ? 1 : 1009;
    std::fstream file(sealed.file, std::ios::binary | std::ios::in | std::ios::out);
    std::size_t tried = 0;
    for (std::size_t bit = 0; bit < kLarge * 8; bit += step, ++tried) {
        const auto flip = static_cast<char>(1 << (bit % 8));
        const auto at = static_cast<std::streamoff>(bit / 8);
        file.seekp(at).put(static_cast<char>(sealed.bytes[bit / 8] ^ flip)).flush();
        const Outcome outcome = read_all(sealed.world.log);
        file.seekp(at).put(sealed.bytes[bit / 8]).flush();
        ASSERT_EQ(outcome.wrong, "") << "bit " << bit;
        ASSERT_EQ(outcome.records + outcome.damaged, kMany) << "bit " << bit;
    }
    RecordProperty("flips", static_cast<int>(tried));
}

TEST(Damage, ALargeHoleInTheMiddleIsCountedFromTheRecordBehindIt) {
    const Sealed sealed;
    std::string damaged = sealed.bytes;
    damaged.replace(2000, 2000, std::string(2000, '\xAA'));
    sealed.write(damaged);
    const Outcome outcome = read_all(sealed.world.log);
    EXPECT_EQ(outcome.wrong, "");
    EXPECT_EQ(outcome.records + outcome.damaged, kRecords);
    EXPECT_GT(outcome.records, 0U);
    EXPECT_EQ(outcome.damages, 1U);
}

TEST(Damage, IsReportedOnce) {
    const Sealed sealed;
    std::string damaged = sealed.bytes;
    damaged[sizeof(SegmentHeader) + kFixedOffset] ^= 1;
    sealed.write(damaged);
    const auto first = sealed.world.log.scan({});
    ASSERT_TRUE(first.ok());
    ASSERT_EQ(first->damages.size(), 1U);
    EXPECT_EQ(first->damages[0].first_sequence, 0U);
    EXPECT_EQ(first->damages[0].records, 1U);
    const auto second = sealed.world.log.scan(first->next);
    EXPECT_TRUE(second->damages.empty());
    EXPECT_TRUE(second->records.empty());
}

// Begun and never committed: the size is still 0. That is no damage, it is a record that never was.
TEST(Damage, ATornTailIsCutInSilence) {
    const Sealed sealed;
    std::string torn = sealed.bytes;
    auto* header = reinterpret_cast<SegmentHeader*>(torn.data());
    header->sealed = 0;
    const std::string half(500, 'x');
    torn.replace(sealed.used + sizeof(RecordHeader), half.size(), half);
    sealed.write(torn);
    const Outcome outcome = read_all(sealed.world.log);
    EXPECT_EQ(outcome.records, kRecords);
    EXPECT_EQ(outcome.damages, 0U);
}

}  // namespace
}  // namespace tally::capture::test
