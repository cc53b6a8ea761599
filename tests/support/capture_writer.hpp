#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "capture/segment_writer.hpp"
#include "model/request_record.hpp"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tally::test {

// What a test says about a request; the rest is the same in all.
struct CapturedRequest {
    Instant time;
    std::string key_id = "key_1";
    std::string customer_id = "cus_1";
    std::string resource_path = "/items/{id}";
    std::string uri_stem = "/items/1";
    std::string user_agent = "curl/8.5.0";
    std::uint16_t status = 200;
    std::int64_t bytes_sent = 500;
};

// Writes requests to a capture log as the edge does, with the edge's own writer.
class CaptureWriter {
  public:
    CaptureWriter(const Path& folder, std::uint64_t writer, Instant now,
                  std::uint64_t segment_size = 256ULL * 1024)
        : folder_(folder.string()) {
        capture::WriterOptions options;
        options.folder = folder_.c_str();
        options.segment_size = segment_size;
        error_ = writer_.open(options, writer, us(now));
    }

    // 0, or the errno of what failed last.
    [[nodiscard]] int error() const { return error_; }

    [[nodiscard]] std::uint64_t writer() const { return writer_.writer(); }

    [[nodiscard]] std::uint64_t next_sequence() const { return writer_.next_sequence(); }

    // A request that has ended.
    bool write(const CapturedRequest& request) { return put(request, capture::kDone, nullptr); }

    // A request whose response has begun; complete() ends it.
    bool begin(const CapturedRequest& request, capture::PendingRecord& pending) {
        return put(request, capture::kPending, &pending);
    }

    void complete(const CapturedRequest& request, capture::PendingRecord& pending) {
        writer_.complete(pending, completion(request, capture::kDone));
    }

    void close() { writer_.close(); }

  private:
    static std::uint64_t us(Instant at) { return static_cast<std::uint64_t>(to_us(at)); }

    static capture::Completion completion(const CapturedRequest& request, std::uint32_t state) {
        capture::Completion values{};
        values.state = state;
        values.time_taken_us = 1500;
        values.bytes_sent = request.bytes_sent;
        values.bytes_received = 200;
        values.content_length = 102;
        values.range_start = kAbsent;
        values.range_end = kAbsent;
        values.origin_first_byte_us = 1000;
        values.origin_last_byte_us = 1200;
        values.status = request.status;
        values.result = static_cast<std::uint8_t>(ResultType::kMiss);
        return values;
    }

    bool put(const CapturedRequest& request, std::uint32_t state, capture::PendingRecord* pending) {
        const std::string headers =
            "host:api.example.com\nuser-agent:" + request.user_agent + "\nx-api-key:" + request.key_id + "\n";
        capture::RecordBuilder record;
        if (!writer_.begin(1024 + headers.size() + request.uri_stem.size(), us(request.time), record)) {
            error_ = writer_.last_errno();
            return false;
        }
        fill_fixed(request, *record.fixed);
        *record.completion = completion(request, state);
        const auto add = [&record](capture::StringIndex index, std::string_view text) {
            record.add(index, text.data(), text.size());
        };
        add(capture::kKeyId, request.key_id);
        add(capture::kCustomerId, request.customer_id);
        add(capture::kUsagePlan, "gold");
        add(capture::kStage, "prod");
        add(capture::kEdgeLocation, "EDGE1-P1");
        add(capture::kDistribution, "edge.example.com");
        add(capture::kBehaviorPattern, "*");
        add(capture::kMethod, "GET");
        add(capture::kUriStem, request.uri_stem);
        add(capture::kResourcePath, request.resource_path);
        add(capture::kContentType, "application/json");
        add(capture::kHeaders, headers);
        const capture::PendingRecord handle = writer_.commit(record);
        if (pending != nullptr)
            *pending = handle;
        return true;
    }

    static void fill_fixed(const CapturedRequest& request, capture::FixedPart& fixed) {
        constexpr unsigned char kClient[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 203, 0, 113, 9};
        fixed.time_us = us(request.time);
        fixed.first_byte_us = 1200;
        std::memcpy(fixed.client_address, kClient, sizeof kClient);
        std::memcpy(fixed.server_address, kClient, sizeof kClient);
        fixed.client_port = 40'000;
        fixed.http_version = 11;
        fixed.header_count = 3;
        fixed.auth = static_cast<std::uint8_t>(AuthResult::kIdentified);
        fixed.response_result = static_cast<std::uint8_t>(ResultType::kMiss);
    }

    std::string folder_;
    capture::SegmentWriter writer_;
    int error_ = 0;
};

}  // namespace tally::test
