// The worked example of docs/formats/capture-log.md is what the writer writes, byte for byte.
#include "unit/capture/log_world.hpp"

#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::capture::test {
namespace {

// 16 bytes a line, zeros at the end left out.
std::string hex_dump(const std::string& bytes) {
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
        text += fmt::format("{:04x} ", at);
        for (std::size_t i = at; i < std::min(at + 16, bytes.size()); ++i)
            text += fmt::format(" {:02x}", static_cast<unsigned char>(bytes[i]));
        text += "\n";
    }
    return text;
}

std::string example_dump() {
    LogWorld world(4096);
    EXPECT_EQ(world.open_writer(), 0);
    RecordBuilder builder;
    EXPECT_TRUE(world.writer.begin(1024, LogWorld::kNow, builder));
    builder.fixed->time_us = LogWorld::kNow;
    builder.fixed->first_byte_us = 300;
    builder.fixed->http_version = 11;
    builder.fixed->header_count = 1;
    builder.completion->state = kDone;
    builder.completion->status = 200;
    builder.completion->bytes_sent = 150;
    builder.add(kMethod, "GET", 3);
    builder.add(kUriStem, "/", 1);
    builder.add(kHeaders, "Host:a\n", 7);
    world.writer.commit(builder);
    world.writer.close();
    std::string bytes = PosixFileSystem().read(world.folder.path() / world.segment_files().at(0)).value();
    auto* header = reinterpret_cast<SegmentHeader*>(bytes.data());
    const std::uint64_t used = header->sealed_size;
    header->pid = 1;  // the one value of an example that is another each time
    header->header_crc = crc32c(header, kHeaderCrcSpan);
    return hex_dump(bytes.substr(0, used));
}

TEST(FormatPage, ShowsTheBytesOfItsExample) {
    const std::string page = PosixFileSystem().read("docs/formats/capture-log.md").value_or("");
    const std::string dump = example_dump();
    EXPECT_NE(page.find(dump), std::string::npos) << "the page should show:\n" << dump;
}

}  // namespace
}  // namespace tally::capture::test
