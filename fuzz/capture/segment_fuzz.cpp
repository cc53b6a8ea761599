// Any bytes as a segment: no crash, no hang, and nothing read outside the file.
// sources: src/capture/capture_log.cpp src/capture/header_texts.cpp src/capture/log_scanner.cpp
// sources: src/capture/positions.cpp src/capture/record_decoder.cpp src/capture/segment_name.cpp
// sources: src/capture/segment_reader.cpp src/base/file_system.cpp src/base/error.cpp
// sources: src/base/json_value.cpp src/base/json_writer.cpp
// links: -lfmt -lboost_json
#include "capture/capture_log.hpp"
#include "capture/format.hpp"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace {

using namespace tally::capture;

constexpr std::uint64_t kWriter = 1;

// Walks the input as records, as far as their sizes go, and makes every other one's checksum fit.
void fit_records(std::string& bytes) {
    for (std::size_t at = sizeof(SegmentHeader); at + kRecordSizeMin <= bytes.size();) {
        auto* record = reinterpret_cast<unsigned char*>(bytes.data() + at);
        auto* header = reinterpret_cast<RecordHeader*>(record);
        header->size = header->size % 2048 / kRecordAlignment * kRecordAlignment;
        if (header->size < kRecordSizeMin || header->size > bytes.size() - at)
            return;
        header->sequence %= 64;
        if (record[kFixedOffset] % 2 == 0)
            header->crc = record_crc(writer_seed(kWriter), header->size, header->sequence, record);
        auto* completion = reinterpret_cast<Completion*>(record + kCompletionOffset);
        completion->state %= 3;
        if (record[kFixedOffset] % 4 == 0)
            completion->crc =
                completion_crc(writer_seed(kWriter), header->sequence, completion->state, *completion);
        at += header->size;
    }
}

// Most inputs would fail at the header's checksum; every other one gets a header and checksums that fit.
std::string as_segment(const std::uint8_t* data, std::size_t size) {
    std::string bytes(reinterpret_cast<const char*>(data), size);
    if (size <= sizeof(SegmentHeader) || data[size - 1] % 2 == 0)
        return bytes;
    auto* header = reinterpret_cast<SegmentHeader*>(bytes.data());
    std::memcpy(header->magic, kMagic, sizeof kMagic);
    header->version = 1 + (data[size - 1] / 4U) % kFormatVersion;  // each version that is read
    header->header_size = sizeof(SegmentHeader);
    header->writer = kWriter;
    header->segment_number = 0;
    header->first_sequence %= 64;
    header->header_crc = tally::crc32c(header, kHeaderCrcSpan);
    if (data[size - 1] % 4 == 1) {
        header->sealed = 1;
        header->sealed_end %= 64;
        header->seal_crc =
            seal_crc(writer_seed(kWriter), header->segment_number, header->sealed_size, header->sealed_end);
    }
    fit_records(bytes);
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("segment-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "0000000000000001-00000000.seg", std::ios::binary | std::ios::trunc)
        << as_segment(data, size);
    CaptureLog log(folder);
    std::size_t length = 0;
    if (const auto scan = log.scan({}); scan.has_value()) {
        for (const auto& record : scan->records)
            length += record.headers.size() + record.uri_stem.size() + record.host.size() +
                      record.x_forwarded_for.size();
        // What was taken is not found again.
        if (const auto again = log.scan(scan->next); !again.has_value() || !again->records.empty())
            __builtin_trap();
        static_cast<void>(log.remove_taken(scan->next).has_value());
    }
    return length > SIZE_MAX / 2 ? 1 : 0;
}
