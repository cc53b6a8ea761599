#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the routes need of parts that they may not include (tools/layers.txt); app implements these over them.
// All are thread-safe and outlive the router.
namespace tally::api {

// The conservation ledger's line (docs of delivery): received = the sum of the six outcomes.
struct LedgerLine {
    std::string source;
    Instant hour;
    std::int64_t received = 0;
    std::int64_t delivered = 0;
    std::int64_t duplicate = 0;
    std::int64_t dropped = 0;
    std::int64_t rejected = 0;
    std::int64_t quarantined = 0;
    std::int64_t lost = 0;

    // What is received and nowhere: 0 unless something is wrong with us.
    [[nodiscard]] std::int64_t gaps() const {
        return received - delivered - duplicate - dropped - rejected - quarantined - lost;
    }
};

// A record, or a stretch of bytes, that could not be delivered.
struct UndeliverableRecord {
    std::string id;
    Instant at;
    std::string source;
    std::string reason;
    std::string position;
    std::uint64_t records = 0;
    std::string raw;  // bytes, secrets masked
};

// What a flush did.
struct FlushSummary {
    std::uint64_t delivered = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t lost = 0;
    std::uint64_t pending = 0;
    std::uint64_t commits = 0;
};

// For /metrics: totals of the ledger, and what the server counted since its start.
struct PipelineCounters {
    std::uint64_t delivered = 0;
    std::uint64_t duplicate = 0;
    std::uint64_t dropped = 0;
    std::uint64_t rejected = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t lost = 0;
    std::uint64_t undelivered = 0;
    std::uint64_t pending = 0;
    std::uint64_t commits = 0;       // of the table, since it was made
    double last_commit_seconds = 0;  // when, in seconds since 1970; 0 = never
    std::uint64_t flush_failures = 0;
    std::uint64_t sync_failures = 0;
};

// Customers who pay ahead.
struct PrepaidCounts {
    std::uint64_t open = 0;     // whose requests are let in
    std::uint64_t stopped = 0;  // whose credit is spent
};

class CreditControl {
  public:
    virtual ~CreditControl() = default;
    [[nodiscard]] virtual PrepaidCounts prepaid_counts() = 0;
};

class DeliveryControl {
  public:
    virtual ~DeliveryControl() = default;
    // Delivers everything captured so far.
    [[nodiscard]] virtual Result<FlushSummary> flush() = 0;
    // By hour, then source.
    [[nodiscard]] virtual Result<std::vector<LedgerLine>> ledger() = 0;
    // Newest first.
    [[nodiscard]] virtual Result<std::vector<UndeliverableRecord>> errors(std::size_t limit) = 0;
    [[nodiscard]] virtual Result<UndeliverableRecord> error(std::string_view id) = 0;
    // Captured records that are not in the lake yet.
    [[nodiscard]] virtual Result<std::uint64_t> undelivered_rows() = 0;
    [[nodiscard]] virtual Result<PipelineCounters> counters() = 0;
};

// Where the parts of a deployment answer. A pid of 0: it does not run.
struct Endpoint {
    std::string url;
    std::int64_t pid = 0;
};

class Deployment {
  public:
    virtual ~Deployment() = default;
    [[nodiscard]] virtual Endpoint server() = 0;
    [[nodiscard]] virtual Endpoint edge() = 0;
    // Success when the server can do its work; the error says what it cannot reach.
    [[nodiscard]] virtual Status ready() = 0;
};

// Text to text, one JSON document a line (rating's pure commands).
struct LineAnswer {
    std::string text;
    bool ok = true;
};

}  // namespace tally::api
