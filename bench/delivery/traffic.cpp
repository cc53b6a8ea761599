#include "traffic.hpp"

#include "base/clock.hpp"
#include "capture/capture_log.hpp"
#include "capture/segment_writer.hpp"
#include "model/request_text.hpp"
#include "model/requests_table.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

namespace tally::bench {
namespace {

constexpr std::uint64_t kStartUs = 1'790'856'000'000'000;  // 2026-10-01T12:00:00Z
constexpr std::uint64_t kLengthUs = 20ULL * 60 * 1'000'000;
constexpr int kKeys = 200;
constexpr int kPaths = 24;
constexpr std::array<std::uint16_t, 20> kStatuses = {200, 200, 200, 200, 200, 200, 200, 200, 200, 200,
                                                     200, 200, 200, 200, 201, 204, 304, 400, 404, 500};

class Traffic {
  public:
    Traffic() {
        for (int i = 0; i < 30; ++i)
            agents_.push_back(
                i % 3 == 0 ? fmt::format("acme-sdk/{}.{}.1 (Linux; x86_64) python/3.{}", i / 10, i, i % 13)
                           : fmt::format("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like "
                                         "Gecko) Chrome/{}.0.0.0 Safari/537.36",
                                         100 + i));
    }

    bool write(capture::SegmentWriter& writer, std::uint64_t time_us) {
        // Squared: few keys have most of the traffic.
        const double share = std::uniform_real_distribution<double>(0, 1)(random_);
        const auto key = static_cast<std::uint64_t>(share * share * kKeys);
        const int path = below(kPaths);
        const std::string& agent = agents_[(key * 7 + (path < kPaths / 2 ? 0 : 1)) % agents_.size()];
        key_id_ = fmt::format("key_{:016x}", key * 2654435761);
        customer_ = fmt::format("cus_{:016x}", key / 5 * 40503);
        stem_ = fmt::format("/v1/resource{}/{}", path, below(50'000));
        query_ = path % 3 == 0 ? fmt::format("page={}&limit=50", below(40)) : std::string();
        forwarded_ = fmt::format("10.{}.{}.{}", below(4), below(256), below(256));
        headers_.clear();
        header("host", "api.example.com");
        header("user-agent", agent);
        header("accept", "application/json");
        header("accept-encoding", "gzip, deflate, br");
        header("x-forwarded-for", forwarded_);
        header("x-api-key", key_id_);
        header("connection", "keep-alive");
        return put(writer, time_us, path);
    }

  private:
    int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }

    // As the edge writes them for HTTP/1.1: capture::kFlagRawHeaders.
    void header(std::string_view name, std::string_view value) {
        if (!headers_.empty())
            headers_.append("\0\n", 2);
        headers_.append(name).append("\0 ", 2).append(value);
    }

    bool put(capture::SegmentWriter& writer, std::uint64_t time_us, int path) {
        capture::RecordBuilder record;
        if (!writer.begin(2048, time_us, record))
            return false;
        fill(*record.fixed, time_us);
        fill(*record.completion);
        const auto add = [&record](capture::StringIndex index, std::string_view text) {
            record.add(index, text.data(), text.size());
        };
        add(capture::kKeyId, key_id_);
        add(capture::kCustomerId, customer_);
        add(capture::kUsagePlan, path % 2 == 0 ? "gold" : "silver");
        add(capture::kStage, "prod");
        add(capture::kEdgeLocation, "EDGE1-P1");
        add(capture::kDistribution, "edge.example.com");
        add(capture::kBehaviorPattern, "*");
        add(capture::kMethod, path % 5 == 0 ? "POST" : "GET");
        add(capture::kUriStem, stem_);
        add(capture::kUriQuery, query_);
        add(capture::kResourcePath, fmt::format("/v1/resource{}/{{id}}", path));
        add(capture::kContentType, "application/json");
        add(capture::kHeaders, headers_);
        writer.commit(record);
        return true;
    }

    void fill(capture::FixedPart& fixed, std::uint64_t time_us) {
        constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
        first_byte_us_ = 500 + below(80'000);
        fixed.time_us = time_us;
        fixed.first_byte_us = first_byte_us_;
        std::memcpy(fixed.client_address, kMapped, sizeof kMapped);
        std::memcpy(fixed.server_address, kMapped, sizeof kMapped);
        for (std::size_t i = 12; i < 16; ++i)
            fixed.client_address[i] = static_cast<unsigned char>(i == 12 ? 203 : below(i == 13 ? 4 : 256));
        fixed.server_address[12] = 10;
        fixed.client_port = static_cast<std::uint16_t>(1024 + below(60'000));
        fixed.http_version = 11;
        fixed.tls_protocol = 0x0304;
        fixed.tls_cipher = 0x1301;
        fixed.header_count = 7;
        fixed.flags = capture::kFlagHttps | capture::kFlagRawHeaders;
        fixed.auth = static_cast<std::uint8_t>(AuthResult::kIdentified);
        fixed.response_result = static_cast<std::uint8_t>(ResultType::kMiss);
    }

    void fill(capture::Completion& completion) {
        completion.state = capture::kDone;
        completion.status = kStatuses[static_cast<std::size_t>(below(static_cast<int>(kStatuses.size())))];
        completion.result =
            static_cast<std::uint8_t>(completion.status >= 400 ? ResultType::kError : ResultType::kMiss);
        completion.time_taken_us = first_byte_us_ + below(2'000);
        completion.bytes_sent = 300 + below(20'000);
        completion.bytes_received = 250 + below(400);
        completion.content_length = completion.bytes_sent - 250;
        completion.range_start = completion.range_end = kAbsent;
        completion.origin_first_byte_us = first_byte_us_ - 100;
        completion.origin_last_byte_us = first_byte_us_ + below(1'000);
    }

    std::mt19937_64 random_{20'261'001};
    std::vector<std::string> agents_;
    std::string key_id_, customer_, stem_, query_, forwarded_, headers_;
    std::int64_t first_byte_us_ = 0;
};

Error failed(std::string_view what, int error_number) {
    return {ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(error_number))};
}

struct Cell {
    const RequestRecord& record;
    std::string& out;
    std::string& scratch;

    void operator()(TextValue value) const { out += value(record, scratch); }

    void operator()(TimeValue value) const { out += std::to_string(to_us(value(record))); }

    void operator()(NoValue) const {}

    template <class Number>
    void operator()(std::optional<Number> (*value)(const RequestRecord&)) const {
        if (const auto number = value(record); number.has_value())
            out += fmt::format("{}", *number);
    }
};

}  // namespace

Status write_traffic(const Path& folder, std::uint64_t rows) {
    capture::WriterOptions options;
    options.folder = folder.c_str();
    options.folder_size_max = 1ULL << 40;
    std::array<capture::SegmentWriter, 2> workers;
    for (std::uint64_t i = 0; i < workers.size(); ++i)
        if (const int error = workers[i].open(options, 0xbe7c400 + i, kStartUs); error != 0)
            return failed("opening a segment", error);
    Traffic traffic;
    for (std::uint64_t i = 0; i < rows; ++i) {
        capture::SegmentWriter& worker = workers[i % workers.size()];
        if (!traffic.write(worker, kStartUs + i * kLengthUs / rows))
            return failed("writing a record", worker.last_errno());
    }
    return {};
}

Status write_tsv(const Path& folder, const Path& file) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(file.c_str(), "w"), std::fclose);
    if (out == nullptr)
        return failed("opening " + file.string(), errno);
    const capture::CaptureLog log(folder);
    capture::Positions positions;
    std::string line;
    std::string scratch;
    for (bool more = true; more;) {
        TRY_ASSIGN(const auto scan, log.scan(positions));
        for (const RequestRecord& record : scan.records) {
            line.clear();
            for (const RequestValue& value : kRequestValues) {
                std::visit(Cell{record, line, scratch}, value);
                line += '\t';
            }
            line.back() = '\n';
            if (std::fwrite(line.data(), 1, line.size(), out.get()) != line.size())
                return failed("writing " + file.string(), errno);
        }
        positions = scan.next;
        more = scan.more;
    }
    return {};
}

}  // namespace tally::bench
