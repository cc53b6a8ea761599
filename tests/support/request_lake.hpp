#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "capture/capture_log.hpp"
#include "capture/segment_writer.hpp"
#include "delivery/delivery.hpp"
#include "lake/table.hpp"
#include "query/query_engine.hpp"
#include "support/memory_pointer_store.hpp"
#include "support/temp_folder.hpp"

#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tally::test {

// What a test says about a request; the rest is the same for all.
struct CapturedRequest {
    Instant time = instant_from_us(1'790'000'000'000'000);  // 2026-09-21T14:13:20Z
    AuthResult auth = AuthResult::kIdentified;
    std::string key = "key_1";
    std::string customer = "cus_1";
    std::string plan = "basic";
    std::string stage = "prod";
    std::string method = "GET";
    std::string path = "/example";
    std::string query = {};
    std::string headers = "host:api.example.com\nx-api-key:key_1\n";
    std::string principal = {};
    std::string dimensions = {};  // "name=value\n"
    std::uint16_t status = 200;
    std::int64_t bytes_sent = 1000;
    std::int64_t bytes_received = 100;
    std::int64_t time_taken_us = 2000;
    ResultType result = ResultType::kMiss;
    DetailedResult detailed = DetailedResult::kSame;
};

// A capture log written by the real writer, a lake filled by the real delivery, and a query engine over both.
class RequestLake {
  public:
    static constexpr std::uint64_t kWriter = 0x00c0ffee00c0ffeeULL;

    // `before` may put a table there before it is opened.
    explicit RequestLake(const std::function<void(const lake::LakeServices&)>& before = {}) {
        for (const char* name : {"capture", "errors", "temp", "lake"})
            std::filesystem::create_directory(folder_.path() / name);
        const lake::LakeServices services{.files = &files_,
                                          .pointers = &pointers_,
                                          .clock = &clock_,
                                          .random = &random_,
                                          .warehouse = folder_.path() / "lake"};
        if (before)
            before(services);
        auto table = lake::Table::open_or_create(services, delivery::requests_table_definition());
        EXPECT_TRUE(table.ok()) << table.error().message;
        table_ = std::make_unique<lake::Table>(std::move(*table));
        log_ = std::make_unique<capture::CaptureLog>(log_folder());
        delivery::DeliveryOptions options;
        options.errors_folder = folder_.path() / "errors";
        delivery_ = std::make_unique<delivery::Delivery>(options, *log_, *table_, files_, clock_, random_);
        auto engine = query::QueryEngine::open(*log_, *table_, folder_.path() / "temp");
        EXPECT_TRUE(engine.ok()) << engine.error().message;
        engine_ = std::move(*engine);
        capture_folder_ = log_folder().string();
        capture::WriterOptions writer_options;
        writer_options.folder = capture_folder_.c_str();
        writer_options.segment_size = 256 * 1024;
        EXPECT_EQ(writer_.open(writer_options, kWriter, 1), 0);
    }

    // Appends a finished request to the log.
    void capture(const CapturedRequest& request) {
        capture::RecordBuilder record;
        const bool has_room = writer_.begin(4096, static_cast<std::uint64_t>(to_us(request.time)), record);
        ASSERT_TRUE(has_room) << writer_.last_errno();
        fill(record, request);
        writer_.commit(record);
    }

    void deliver() {
        const auto flushed = delivery_->flush();
        ASSERT_TRUE(flushed.ok()) << flushed.error().message;
    }

    [[nodiscard]] SnapshotId snapshot() const {
        const auto state = table_->state();
        EXPECT_TRUE(state.ok() && state->current.has_value());
        return *state->current;
    }

    query::QueryEngine& engine() { return *engine_; }

    lake::Table& table() { return *table_; }

    capture::CaptureLog& log() { return *log_; }

    ManualClock& clock() { return clock_; }

    [[nodiscard]] std::filesystem::path log_folder() const { return folder_.path() / "capture"; }

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  private:
    static void add(capture::RecordBuilder& record, capture::StringIndex index, std::string_view text) {
        record.add(index, text.data(), text.size());
    }

    static void fill(capture::RecordBuilder& record, const CapturedRequest& request) {
        capture::FixedPart& fixed = *record.fixed;
        fixed.time_us = static_cast<std::uint64_t>(to_us(request.time));
        fixed.first_byte_us = request.time_taken_us / 2;
        constexpr std::array<unsigned char, 16> kAddress = {0, 0, 0,    0,    0,   0, 0, 0,
                                                            0, 0, 0xFF, 0xFF, 192, 0, 2, 7};
        std::memcpy(fixed.client_address, kAddress.data(), kAddress.size());
        std::memcpy(fixed.server_address, kAddress.data(), kAddress.size());
        fixed.client_port = 50000;
        fixed.http_version = 11;
        fixed.header_count = 2;
        fixed.auth = static_cast<std::uint8_t>(request.auth);
        fixed.response_result = static_cast<std::uint8_t>(request.result);
        capture::Completion& end = *record.completion;
        end.state = capture::kDone;
        end.time_taken_us = request.time_taken_us;
        end.bytes_sent = request.bytes_sent;
        end.bytes_received = request.bytes_received;
        end.content_length = kAbsent;
        end.range_start = kAbsent;
        end.range_end = kAbsent;
        end.origin_first_byte_us = kAbsent;
        end.origin_last_byte_us = kAbsent;
        end.status = request.status;
        end.result = static_cast<std::uint8_t>(request.result);
        end.detailed_result = static_cast<std::uint8_t>(request.detailed);
        add(record, capture::kKeyId, request.key);
        add(record, capture::kCustomerId, request.customer);
        add(record, capture::kUsagePlan, request.plan);
        add(record, capture::kPrincipal, request.principal);
        add(record, capture::kStage, request.stage);
        add(record, capture::kEdgeLocation, "EDGE1-P1");
        add(record, capture::kDistribution, "d111.example.net");
        add(record, capture::kBehaviorPattern, "*");
        add(record, capture::kMethod, request.method);
        add(record, capture::kUriStem, request.path);
        add(record, capture::kUriQuery, request.query);
        add(record, capture::kResourcePath, request.path);
        add(record, capture::kContentType, "application/json");
        add(record, capture::kDimensions, request.dimensions);
        add(record, capture::kHeaders, request.headers);
    }

    TempFolder folder_;
    PosixFileSystem files_;
    MemoryPointerStore pointers_;
    ManualClock clock_{instant_from_us(1'790'000'000'000'000)};
    SeededRandom random_{1};
    std::unique_ptr<lake::Table> table_;
    std::unique_ptr<capture::CaptureLog> log_;
    std::unique_ptr<delivery::Delivery> delivery_;
    std::unique_ptr<query::QueryEngine> engine_;
    std::string capture_folder_;
    capture::SegmentWriter writer_;
};

}  // namespace tally::test
