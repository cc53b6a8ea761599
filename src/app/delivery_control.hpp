#pragma once

#include "api/ports.hpp"
#include "capture/capture_log.hpp"
#include "delivery/delivery.hpp"
#include "lake/table.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>

namespace tally::app {

// What the API asks of delivery, over the delivery stage, the lake and the edge's counters. What it is given
// must outlive it.
class DeliveryControl final : public api::DeliveryControl {
  public:
    DeliveryControl(delivery::Delivery& delivery, const capture::CaptureLog& log, const lake::Table& table,
                    FileSystem& files, Path errors_folder, Path uncaptured_counters)
        : delivery_(delivery),
          log_(log),
          table_(table),
          files_(files),
          errors_folder_(std::move(errors_folder)),
          uncaptured_counters_(std::move(uncaptured_counters)) {}

    [[nodiscard]] Result<api::FlushSummary> flush() override;
    // What delivery counted, and what the edge could not capture.
    [[nodiscard]] Result<std::vector<api::LedgerLine>> ledger() override;
    [[nodiscard]] Result<std::vector<api::UndeliverableRecord>> errors(std::size_t limit) override;
    [[nodiscard]] Result<api::UndeliverableRecord> error(std::string_view id) override;
    [[nodiscard]] Result<std::uint64_t> undelivered_rows() override;
    [[nodiscard]] Result<api::PipelineCounters> counters() override;

    void count_flush_failure() { ++flush_failures_; }

    void count_sync_failure() { ++sync_failures_; }

  private:
    // Records and pending ones beyond what the table has taken.
    struct Beyond {
        std::uint64_t records = 0;
        std::uint64_t pending = 0;
    };

    [[nodiscard]] Result<Beyond> look_beyond() const;
    [[nodiscard]] Result<Beyond> look_beyond(const lake::TableState& state) const;

    delivery::Delivery& delivery_;
    const capture::CaptureLog& log_;
    const lake::Table& table_;
    FileSystem& files_;
    Path errors_folder_;
    Path uncaptured_counters_;
    std::atomic<std::uint64_t> flush_failures_{0};
    std::atomic<std::uint64_t> sync_failures_{0};
};

}  // namespace tally::app
