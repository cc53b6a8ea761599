// Any bytes as a segment: no crash, no hang, and nothing read outside the file.
// sources: src/capture/capture_log.cpp src/capture/log_scanner.cpp src/capture/positions.cpp
// sources: src/capture/record_decoder.cpp src/capture/segment_name.cpp src/capture/segment_reader.cpp
// sources: src/base/file_system.cpp src/base/error.cpp src/base/json_value.cpp src/base/json_writer.cpp
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

// Most inputs would fail at the header's checksum; every other one gets a header that fits.
std::string as_segment(const std::uint8_t* data, std::size_t size) {
    std::string bytes(reinterpret_cast<const char*>(data), size);
    if (size <= sizeof(SegmentHeader) || data[size - 1] % 2 == 0)
        return bytes;
    auto* header = reinterpret_cast<SegmentHeader*>(bytes.data());
    std::memcpy(header->magic, kMagic, sizeof kMagic);
    header->version = kFormatVersion;
    header->header_size = sizeof(SegmentHeader);
    header->header_crc = tally::crc32c(header, kHeaderCrcSpan);
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("segment-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "0000000000000001-00000000.seg", std::ios::binary | std::ios::trunc)
        << as_segment(data, size);
    const CaptureLog log(folder);
    std::size_t length = 0;
    if (const auto scan = log.scan({}); scan.has_value())
        for (const auto& record : scan->records)
            length += record.headers.size() + record.uri_stem.size();
    return length > SIZE_MAX / 2 ? 1 : 0;
}
