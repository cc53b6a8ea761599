#include "unit/capture/log_world.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::capture::test {
namespace {

std::string long_text(std::uint64_t n) {
    return std::string(n * 37 % 300, static_cast<char>('a' + n % 26));
}

void fill_completion(Completion& completion, std::uint64_t n) {
    const auto value = static_cast<std::int64_t>(n);
    completion.time_taken_us = 1000 + value;
    completion.bytes_sent = 2000 + value;
    completion.bytes_received = 300 + value;
    completion.content_length = n % 3 == 0 ? kAbsent : 1800 + value;
    completion.range_start = kAbsent;
    completion.range_end = value;
    completion.origin_first_byte_us = 700 + value;
    completion.origin_last_byte_us = 800 + value;
    completion.status = static_cast<std::uint16_t>(200 + n % 300);
    completion.result = static_cast<std::uint8_t>(n % 8);
    completion.detailed_result = static_cast<std::uint8_t>(n % 11);
    completion.cache_status = static_cast<std::uint8_t>(n % 9);
}

}  // namespace

SampleRecord sample_record(std::uint64_t n) {
    SampleRecord sample;
    sample.fixed.time_us = LogWorld::kNow + n * 1000;
    sample.fixed.first_byte_us = static_cast<std::int64_t>(n) + 5;
    std::memset(sample.fixed.client_address, static_cast<int>(n % 250), 16);
    std::memset(sample.fixed.server_address, static_cast<int>(n % 249), 16);
    sample.fixed.client_port = static_cast<std::uint16_t>(n);
    sample.fixed.http_version = n % 2 == 0 ? 11 : 20;
    sample.fixed.header_count = 2;
    sample.fixed.flags = static_cast<std::uint8_t>(n % 8);
    sample.fixed.auth = static_cast<std::uint8_t>(n % 5);
    sample.fixed.response_result = static_cast<std::uint8_t>(n % 8);
    sample.strings.resize(kStringCount);
    sample.strings[kKeyId] = fmt::format("key_{}", n);
    sample.strings[kCustomerId] = fmt::format("cus_{}", n % 10);
    sample.strings[kMethod] = n % 2 == 0 ? "GET" : "POST";
    sample.strings[kUriStem] = fmt::format("/path/{}{}", n, long_text(n));
    sample.strings[kUriQuery] = n % 4 == 0 ? "" : fmt::format("n={}", n);
    sample.strings[kHeaders] = fmt::format("Host:h{}\nUser-Agent:agent/{}\n", n, n);
    fill_completion(sample.completion, n);
    return sample;
}

namespace {

// Some records have the strings in the shapes that HTTP/1.1 has them.
void add_strings(RecordBuilder& builder, const SampleRecord& sample, std::uint64_t n) {
    const bool request_line = n % 4 == 1;
    const std::string raw = fmt::format("Host{0} h{1}{0}\nUser-Agent{0} agent/{1}", '\0', n);
    if (n % 3 == 1)
        builder.fixed->flags |= kFlagRawHeaders;
    if (request_line)
        builder.fixed->flags |= kFlagRequestLine;
    for (unsigned i = 0; i < kStringCount; ++i) {
        const std::string& text = i == kHeaders && n % 3 == 1 ? raw : sample.strings[i];
        if (request_line && (i == kUriStem || (i == kUriQuery && !text.empty())))
            *builder.strings++ = i == kUriStem ? ' ' : '?';
        builder.add(static_cast<StringIndex>(i), text.data(), text.size());
    }
}

}  // namespace

PendingRecord append_sample(SegmentWriter& writer, std::uint64_t n, bool pending) {
    const SampleRecord sample = sample_record(n);
    std::size_t size = kStringsOffset;
    for (const std::string& text : sample.strings)
        size += text.size() + 2;
    RecordBuilder builder;
    if (!writer.begin(size, LogWorld::kNow, builder)) {
        ADD_FAILURE() << "no room for record " << n << ", errno " << writer.last_errno();
        return {};
    }
    *builder.fixed = sample.fixed;
    *builder.completion = sample.completion;
    builder.completion->state = pending ? kPending : kDone;
    if (pending) {
        builder.completion->bytes_sent = 0;
        builder.completion->origin_last_byte_us = kAbsent;
        builder.completion->range_end = kAbsent;
    }
    add_strings(builder, sample, n);
    return writer.commit(builder);
}

void complete_sample(SegmentWriter& writer, PendingRecord& record, std::uint64_t n) {
    writer.complete(record, sample_record(n).completion);
}

std::string difference(const RequestRecord& record, std::uint64_t n) {
    const SampleRecord sample = sample_record(n);
    const auto& strings = sample.strings;
    const Completion& completion = sample.completion;
    const bool done = record.state == CaptureState::kDone;
    if (to_us(record.time) != static_cast<std::int64_t>(sample.fixed.time_us))
        return "time";
    if (record.api_key_id != strings[kKeyId] || record.customer_id != strings[kCustomerId])
        return "ids";
    if (record.uri_stem != strings[kUriStem] || record.uri_query != strings[kUriQuery])
        return "uri";
    if (record.method != strings[kMethod] || record.headers != strings[kHeaders])
        return "method or headers";
    if (record.host != fmt::format("h{}", n) || record.user_agent != fmt::format("agent/{}", n))
        return "well-known headers";
    if (std::memcmp(record.client_address, sample.fixed.client_address, 16) != 0)
        return "client address";
    if (record.client_port != sample.fixed.client_port || record.http_version != sample.fixed.http_version)
        return "port or version";
    if (static_cast<std::uint8_t>(record.auth) != sample.fixed.auth)
        return "auth";
    if (record.status != completion.status)
        return "status";
    if (done && record.bytes_sent != completion.bytes_sent)
        return "bytes sent";
    if (done &&
        (record.time_taken_us != completion.time_taken_us || record.range_end != completion.range_end))
        return "times";
    if (done && static_cast<std::uint8_t>(record.result) != completion.result)
        return "result";
    if (done && static_cast<std::uint8_t>(record.detailed_result) != completion.detailed_result)
        return "detail";
    return "";
}

LogWorld::LogWorld(std::uint64_t segment_size, std::uint64_t folder_size_max)
    : folder_text(folder.path().string()),
      options{folder_text.c_str(), segment_size, folder_size_max},
      log(folder.path()) {}

std::vector<std::uint64_t> LogWorld::take_all(Positions& positions, std::size_t records_max) {
    std::vector<std::uint64_t> sequences;
    while (true) {
        auto scan = log.scan(positions, {records_max});
        if (!scan.ok()) {
            ADD_FAILURE() << scan.error().message;
            return sequences;
        }
        for (const RequestRecord& record : scan->records) {
            EXPECT_EQ(difference(record, record.id.sequence), "") << "sequence " << record.id.sequence;
            sequences.push_back(record.id.sequence);
        }
        positions = scan->next;
        if (!scan->more)
            return sequences;
    }
}

std::vector<std::string> LogWorld::segment_files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
        if (entry.path().extension() == ".seg")
            names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace tally::capture::test
