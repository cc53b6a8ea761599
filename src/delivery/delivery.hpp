#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "capture/capture_log.hpp"
#include "lake/table.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tally::delivery {

// The conservation ledger's line: what came in from one source in one hour of event time, and what became of
// it. received = delivered + duplicate + dropped + rejected + quarantined + lost, always.
struct LedgerEntry {
    std::string source;  // "edge"
    Instant hour;  // start of the hour, UTC; the hour of detection where a record's own time is unreadable
    std::int64_t received = 0;
    std::int64_t delivered = 0;
    std::int64_t duplicate = 0;
    std::int64_t dropped = 0;
    std::int64_t rejected = 0;
    std::int64_t quarantined = 0;
    std::int64_t lost = 0;  // sequence gaps: records that a writer numbered and that are nowhere
    bool operator==(const LedgerEntry&) const = default;
};

// "tallyman.ledger" of a snapshot summary: what that snapshot's commit added. JSON, deterministic.
std::string ledger_to_json(const std::vector<LedgerEntry>& entries);
Result<std::vector<LedgerEntry>> ledger_from_json(std::string_view text);

// What could not be delivered, with all that is needed to find out why and to send it again.
struct ErrorRecord {
    std::string id;        // err_…
    Instant at;            // when it was found
    std::string source;    // "edge"
    std::string reason;    // a sentence
    std::string position;  // where it stood: file name and byte offset
    std::uint64_t records = 0;
    std::string raw;  // the bytes, secrets masked; base64 in JSON
};

// Names of the summary entries that delivery writes; query and billing read them.
inline constexpr std::string_view kPositionsKey = capture::kPositionsKey;
inline constexpr std::string_view kBatchIdKey = "tallyman.batch-id";
inline constexpr std::string_view kLedgerKey = "tallyman.ledger";

struct DeliveryOptions {
    Microseconds flush_interval = std::chrono::seconds(15);
    std::uint64_t flush_size =
        128ULL * 1024 * 1024;                 // bytes of capture log that force a flush before the interval
    std::size_t batch_records_max = 250'000;  // rows in memory at once; bounds resident memory
    Path errors_folder;
};

struct FlushResult {
    std::uint64_t delivered = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t lost = 0;
    std::uint64_t pending = 0;  // requests that have not ended yet
    std::uint64_t commits = 0;
};

// The text form of each column (record id, addresses, encoded headers, ...) comes from
// model/request_text.hpp, which query uses for the rows not yet delivered: one mapping, so that a row reads
// the same before and after delivery.

// Moves the capture log into the lake's `requests` table, exactly once over a kill at any point: the
// positions and the batch id are part of the snapshot that holds the rows. One Delivery a data folder (the
// caller holds the folder's lock). flush() may be called from any thread, one at a time inside.
class Delivery {
  public:
    // `log`, `table` and services must outlive it.
    Delivery(DeliveryOptions options, capture::CaptureLog& log, const lake::Table& table, FileSystem& files,
             const Clock& clock, RandomSource& random);
    ~Delivery();

    // Delivers everything that is committed in the log at the time of the call, in as many commits as needed,
    // then removes segments that are wholly delivered.
    Result<FlushResult> flush();

    // Runs flush() by interval and size until stop(); a failed flush is logged through `on_error` and tried
    // again with growing pauses (1 s to 60 s). Call from a thread of its own.
    void run(const std::function<void(const Error&)>& on_error);
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// The `requests` table as delivery creates it.
lake::TableDefinition requests_table_definition();

// The ledger as kept in the snapshots of `state`, summed by source and hour, in order.
Result<std::vector<LedgerEntry>> read_ledger(const lake::TableState& state);

// The error output, newest first.
Result<std::vector<ErrorRecord>> list_errors(FileSystem& files, const Path& errors_folder, std::size_t limit);
Result<ErrorRecord> find_error(FileSystem& files, const Path& errors_folder, std::string_view id);

}  // namespace tally::delivery
