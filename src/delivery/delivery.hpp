#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "capture/capture_log.hpp"
#include "delivery/delivery_state.hpp"
#include "delivery/error_output.hpp"
#include "delivery/ledger.hpp"
#include "lake/table.hpp"
#include "model/geography.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace tally::delivery {

struct DeliveryOptions {
    Microseconds flush_interval = std::chrono::seconds(15);
    std::uint64_t flush_size =
        128ULL * 1024 * 1024;                // bytes of capture log that force a flush before the interval
    std::size_t batch_records_max = 65'536;  // rows in memory at once; bounds resident memory
    Path errors_folder = {};                 // what could not be delivered; made when it is needed
    Geography* geography = nullptr;          // where callers are; outlives the delivery. nullptr = unknown
    // What of the delivered the log need not keep; all of it by default. A second taker of the log answers
    // with what it has taken too. Called from the thread that flushes.
    std::function<capture::Positions(const capture::Positions& delivered)> removable = {};
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

}  // namespace tally::delivery
