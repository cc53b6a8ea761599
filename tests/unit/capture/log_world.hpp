#pragma once

#include "capture/capture_log.hpp"
#include "capture/segment_writer.hpp"
#include "support/temp_folder.hpp"

#include <string>
#include <vector>

namespace tally::capture::test {

// Record number n of a test: every field is a function of n, so that a reader can check each of them.
struct SampleRecord {
    FixedPart fixed{};
    Completion completion{};
    std::vector<std::string> strings;  // by StringIndex
};

SampleRecord sample_record(std::uint64_t n);

// Appends sample record n. `pending`: with first values only, to be completed later.
PendingRecord append_sample(SegmentWriter& writer, std::uint64_t n, bool pending = false);
void complete_sample(SegmentWriter& writer, PendingRecord& record, std::uint64_t n);

// What differs between a record that was read and sample record n; empty = nothing.
std::string difference(const RequestRecord& record, std::uint64_t n);

// A capture folder with a writer in this process.
struct LogWorld {
    explicit LogWorld(std::uint64_t segment_size = 64 * 1024, std::uint64_t folder_size_max = 1ULL << 30);

    tally::test::TempFolder folder;
    std::string folder_text;
    WriterOptions options;
    CaptureLog log;
    SegmentWriter writer;

    static constexpr std::uint64_t kWriter = 0x00c0ffee00c0ffeeULL;
    static constexpr std::uint64_t kNow = 1'790'000'000'000'000ULL;

    int open_writer(std::uint64_t id = kWriter) { return writer.open(options, id, kNow); }

    // Scans until nothing more is there; positions move on.
    std::vector<std::uint64_t> take_all(Positions& positions, std::size_t records_max = 1000);
    [[nodiscard]] std::vector<std::string> segment_files() const;
};

}  // namespace tally::capture::test
