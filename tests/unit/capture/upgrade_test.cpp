// Segments that earlier releases wrote are read beside today's: the files of golden/ stay as they are for
// ever.
#include "unit/capture/log_world.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::capture::test {
namespace {

constexpr std::uint64_t kWriterV1 = 0x901d000000000001ULL;
constexpr std::uint64_t kWriterV2 = 0x901d000000000002ULL;
constexpr std::uint64_t kNow = 1'790'000'000'000'000ULL;
constexpr std::uint64_t kRecords = 8;  // of each writer; the last is pending

Path golden(std::string_view version) {
    return Path("tests/unit/capture/golden") / version;
}

void copy_golden(std::string_view version, const Path& to) {
    for (const auto& entry : std::filesystem::directory_iterator(golden(version)))
        std::filesystem::copy_file(entry.path(), to / entry.path().filename());
}

const std::vector<std::string> kHeaderNames = {
    "Host",   "User-Agent",      "Referer",         "Cookie",
    "Accept", "Accept-Encoding", "X-Forwarded-For", "X-Forwarded-For"};

std::string header_value(std::string_view name, std::uint64_t n) {
    return fmt::format("{} of {}", name, n);
}

std::string headers_text(std::uint64_t n) {
    std::string text;
    for (const std::string& name : kHeaderNames)
        text += name + ":" + header_value(name, n) + "\n";
    return text;
}

std::string raw_headers(std::uint64_t n) {
    std::string text;
    for (const std::string& name : kHeaderNames)
        text += name + std::string("\0 ", 2) + header_value(name, n) + std::string("\0\n", 2);
    return text.substr(0, text.size() - 2);
}

void check_strings(const RequestRecord& record, std::uint64_t n) {
    EXPECT_EQ(record.api_key_id, fmt::format("key_id{}", n));
    EXPECT_EQ(record.customer_id, fmt::format("customer_id{}", n));
    EXPECT_EQ(record.usage_plan, fmt::format("plan{}", n));
    EXPECT_EQ(record.principal, fmt::format("principal{}", n));
    EXPECT_EQ(record.stage, fmt::format("stage{}", n));
    EXPECT_EQ(record.edge_location, fmt::format("location{}", n));
    EXPECT_EQ(record.distribution, fmt::format("distribution{}", n));
    EXPECT_EQ(record.behavior_pattern, fmt::format("pattern{}", n));
    EXPECT_EQ(record.method, fmt::format("METHOD{}", n));
    EXPECT_EQ(record.uri_stem, fmt::format("/stem{}", n));
    EXPECT_EQ(record.uri_query, fmt::format("query{}", n));
    EXPECT_EQ(record.content_type, fmt::format("type{}", n));
    EXPECT_EQ(record.dimensions, "dimension=1\n");
    EXPECT_EQ(record.headers, headers_text(n));
    EXPECT_EQ(record.host, header_value("Host", n));
    EXPECT_EQ(record.user_agent, header_value("User-Agent", n));
    EXPECT_EQ(record.referer, header_value("Referer", n));
    EXPECT_EQ(record.cookie, header_value("Cookie", n));
    EXPECT_EQ(record.accept, header_value("Accept", n));
    EXPECT_EQ(record.accept_encoding, header_value("Accept-Encoding", n));
    const std::string forwarded = header_value("X-Forwarded-For", n);
    EXPECT_EQ(record.x_forwarded_for, forwarded + ", " + forwarded);
}

void check_numbers(const RequestRecord& record, std::uint64_t n) {
    const auto value = static_cast<std::int64_t>(n);
    EXPECT_EQ(to_us(record.time), static_cast<std::int64_t>(kNow + n));
    EXPECT_EQ(record.first_byte_us, 10 + value);
    for (std::uint64_t i = 0; i < 16; ++i) {
        EXPECT_EQ(record.client_address[i], n + i);
        EXPECT_EQ(record.server_address[i], n + 100 + i);
    }
    EXPECT_EQ(record.client_port, 40'000 + n);
    EXPECT_EQ(record.http_version, n % 2 != 0 ? 20 : 11);
    EXPECT_EQ(record.tls_protocol, 0x0304);
    EXPECT_EQ(record.tls_cipher, 0x1300 + n);
    EXPECT_EQ(record.header_count, 8);
    EXPECT_EQ(record.is_https, (n & 1) != 0);
    EXPECT_EQ(record.client_is_ipv6, (n & 2) != 0);
    EXPECT_EQ(record.is_websocket, (n & 4) != 0);
    EXPECT_EQ(static_cast<std::uint64_t>(record.auth), n % 5);
    EXPECT_EQ(static_cast<std::uint64_t>(record.response_result), (n + 1) % 8);
    EXPECT_EQ(record.time_taken_us, 100 + value);
    EXPECT_EQ(record.bytes_sent, 200 + value);
    EXPECT_EQ(record.bytes_received, 300 + value);
    EXPECT_EQ(record.content_length, 400 + value);
    EXPECT_EQ(record.range_start, 500 + value);
    EXPECT_EQ(record.range_end, 600 + value);
    EXPECT_EQ(record.origin_first_byte_us, 700 + value);
    EXPECT_EQ(record.origin_last_byte_us, 800 + value);
    EXPECT_EQ(record.status, 200 + n);
    EXPECT_EQ(static_cast<std::uint64_t>(record.result), (n + 2) % 8);
    EXPECT_EQ(static_cast<std::uint64_t>(record.detailed_result), n % 11);
    EXPECT_EQ(static_cast<std::uint64_t>(record.cache_status), n % 9);
}

void check_record(const RequestRecord& record, std::uint64_t n) {
    EXPECT_EQ(record.id.sequence, n);
    EXPECT_EQ(record.state, n == kRecords - 1 ? CaptureState::kInterrupted : CaptureState::kDone);
    const bool path_is_stem = record.id.writer == kWriterV2 && n % 2 == 0;
    EXPECT_EQ(record.resource_path, fmt::format("/{}{}", path_is_stem ? "stem" : "resource", n));
    check_strings(record, n);
    check_numbers(record, n);
}

void check_scan(const Scan& scan, const std::vector<std::uint64_t>& writers) {
    EXPECT_TRUE(scan.damages.empty());
    EXPECT_EQ(scan.lost, 0U);
    ASSERT_EQ(scan.records.size(), writers.size() * kRecords);
    for (std::size_t i = 0; i < scan.records.size(); ++i) {
        SCOPED_TRACE(fmt::format("record {}", i));
        EXPECT_EQ(scan.records[i].id.writer, writers[i / kRecords]);
        check_record(scan.records[i], i % kRecords);
    }
}

void fill(RecordBuilder& record, std::uint64_t n) {
    const auto value = static_cast<std::int64_t>(n);
    FixedPart& fixed = *record.fixed;
    fixed.time_us = kNow + n;
    fixed.first_byte_us = 10 + value;
    for (std::uint64_t i = 0; i < 16; ++i) {
        fixed.client_address[i] = static_cast<unsigned char>(n + i);
        fixed.server_address[i] = static_cast<unsigned char>(n + 100 + i);
    }
    fixed.client_port = static_cast<std::uint16_t>(40'000 + n);
    fixed.http_version = n % 2 != 0 ? 20 : 11;
    fixed.tls_protocol = 0x0304;
    fixed.tls_cipher = static_cast<std::uint16_t>(0x1300 + n);
    fixed.header_count = 8;
    fixed.flags = static_cast<std::uint8_t>(n % 8);
    fixed.auth = static_cast<std::uint8_t>(n % 5);
    fixed.response_result = static_cast<std::uint8_t>((n + 1) % 8);
    *record.completion = {.state = n == kRecords - 1 ? kPending : kDone,
                          .crc = 0,
                          .time_taken_us = 100 + value,
                          .bytes_sent = 200 + value,
                          .bytes_received = 300 + value,
                          .content_length = 400 + value,
                          .range_start = 500 + value,
                          .range_end = 600 + value,
                          .origin_first_byte_us = 700 + value,
                          .origin_last_byte_us = 800 + value,
                          .status = static_cast<std::uint16_t>(200 + n),
                          .result = static_cast<std::uint8_t>((n + 2) % 8),
                          .detailed_result = static_cast<std::uint8_t>(n % 11),
                          .cache_status = static_cast<std::uint8_t>(n % 9),
                          .reserved = {}};
}

// Every second record has its strings in the shapes that HTTP/1.1 has them.
void append_v2(SegmentWriter& writer, std::uint64_t n) {
    static constexpr std::string_view kNames[kStringCount] = {
        "key_id",       "customer_id",   "plan",   "principal", "stage", "location",
        "distribution", "pattern",       "METHOD", "/stem",     "query", "/resource",
        "type",         "dimension=1\n", "",       ""};
    const bool shaped = n % 2 == 0;
    RecordBuilder record;
    ASSERT_TRUE(writer.begin(1000, kNow, record));
    fill(record, n);
    if (shaped)
        record.fixed->flags |= kFlagRawHeaders | kFlagRequestLine | kFlagPathIsStem;
    for (unsigned i = 0; i < kStringCount; ++i) {
        std::string text(kNames[i]);
        if (i == kHeaders)
            text = shaped ? raw_headers(n) : headers_text(n);
        else if (i == kResourcePath && shaped)
            continue;
        else if (!text.empty() && text.back() != '\n')
            text += std::to_string(n);
        if (shaped && (i == kUriStem || i == kUriQuery))
            *record.strings++ = i == kUriStem ? ' ' : '?';
        record.add(static_cast<StringIndex>(i), text.data(), text.size());
    }
    writer.commit(record);
}

// What today's writer makes of the golden records. The process id is the one thing that differs each time.
std::vector<std::string> written_today(LogWorld& world) {
    EXPECT_EQ(world.open_writer(kWriterV2), 0);
    for (std::uint64_t n = 0; n < kRecords; ++n)
        append_v2(world.writer, n);
    std::vector<std::string> files;
    for (const std::string& name : world.segment_files()) {
        std::string bytes = PosixFileSystem().read(world.folder.path() / name).value();
        auto* header = reinterpret_cast<SegmentHeader*>(bytes.data());
        header->pid = 1;
        header->created_us = kNow;
        header->header_crc = crc32c(header, kHeaderCrcSpan);
        files.push_back(bytes);
    }
    return files;
}

TEST(Upgrade, VersionOneIsReadFieldByField) {
    const LogWorld world;
    copy_golden("v1", world.folder.path());
    auto scan = world.log.scan({});
    ASSERT_TRUE(scan.ok()) << scan.error().message;
    check_scan(*scan, {kWriterV1});
}

TEST(Upgrade, BothVersionsSideBySide) {
    LogWorld world;
    copy_golden("v1", world.folder.path());
    copy_golden("v2", world.folder.path());
    auto scan = world.log.scan({});
    ASSERT_TRUE(scan.ok()) << scan.error().message;
    check_scan(*scan, {kWriterV1, kWriterV2});
    EXPECT_EQ(world.log.remove_taken(scan->next).value_or(0), 4U);
}

TEST(Upgrade, TodaysWriterWritesTheGoldenBytes) {
    LogWorld world(4096);
    const std::vector<std::string> files = written_today(world);
    ASSERT_EQ(files.size(), 2U);
    for (std::size_t i = 0; i < files.size(); ++i) {
        const Path file = golden("v2") / fmt::format("{:016x}-{:08}.seg", kWriterV2, i);
        const Path today = Path(testing::TempDir()) / file.filename();
        std::ofstream(today, std::ios::binary) << files[i];
        EXPECT_TRUE(PosixFileSystem().read(file).value_or("") == files[i])
            << file << " differs from what the writer makes now, " << today;
    }
}

TEST(Upgrade, ALaterVersionIsRefusedByName) {
    const LogWorld world;
    copy_golden("v2", world.folder.path());
    const Path file = world.folder.path() / world.segment_files().at(0);
    std::string bytes = PosixFileSystem().read(file).value();
    auto* header = reinterpret_cast<SegmentHeader*>(bytes.data());
    header->version = kFormatVersion + 1;
    header->header_crc = crc32c(header, kHeaderCrcSpan);
    std::ofstream(file, std::ios::binary) << bytes;
    const auto scan = world.log.scan({});
    ASSERT_FALSE(scan.ok());
    EXPECT_EQ(scan.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(scan.error().message.find("version 3"), std::string::npos) << scan.error().message;
}

// The same damage as in damage_test.cpp, to a file that an earlier release sealed.
class GoldenDamage : public testing::TestWithParam<const char*> {
  protected:
    GoldenDamage() {
        copy_golden(GetParam(), world_.folder.path());
        file_ = world_.folder.path() / world_.segment_files().at(0);
        std::filesystem::remove(world_.folder.path() / world_.segment_files().at(1));
        bytes_ = PosixFileSystem().read(file_).value();
        const auto* header = reinterpret_cast<const SegmentHeader*>(bytes_.data());
        used_ = header->sealed_size;
        count_ = header->sealed_end;
    }

    // Records that are read plus records that are known to be lost.
    std::uint64_t read(const std::string& bytes) {
        std::filesystem::resize_file(file_, bytes.size());
        std::fstream(file_, std::ios::binary | std::ios::in | std::ios::out) << bytes;
        const auto scan = world_.log.scan({});
        EXPECT_TRUE(scan.ok());
        std::uint64_t found = scan->records.size();
        std::set<std::uint64_t> torn;  // their final values are lost, which is said
        for (const Damage& damage : scan->damages) {
            found += damage.records;
            if (damage.records == 0)
                torn.insert(damage.first_sequence);
        }
        for (const RequestRecord& record : scan->records)
            if (record.state == CaptureState::kInterrupted && torn.contains(record.id.sequence)) {
                EXPECT_EQ(record.status, 200 + record.id.sequence);
            } else {
                check_record(record, record.id.sequence);
            }
        return found;
    }

    LogWorld world_;
    Path file_;
    std::string bytes_;
    std::uint64_t used_ = 0;
    std::uint64_t count_ = 0;
};

TEST_P(GoldenDamage, EveryByteCutOffIsCountedExactly) {
    for (std::size_t size = sizeof(SegmentHeader); size <= used_; ++size) {
        ASSERT_EQ(read(bytes_.substr(0, size)), count_) << "cut to " << size;
        ASSERT_FALSE(HasFailure());
    }
}

TEST_P(GoldenDamage, EveryFlippedBitIsFoundOrHarmless) {
    for (std::size_t bit = 0; bit < used_ * 8; ++bit) {
        std::string damaged = bytes_;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
        ASSERT_EQ(read(damaged), count_) << "bit " << bit;
        ASSERT_FALSE(HasFailure());
    }
}

INSTANTIATE_TEST_SUITE_P(Versions, GoldenDamage, testing::Values("v1", "v2"),
                         [](const auto& version) { return std::string(version.param); });

}  // namespace
}  // namespace tally::capture::test
