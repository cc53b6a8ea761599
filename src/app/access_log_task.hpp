#pragma once

#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "app/periodic_task.hpp"
#include "capture/capture_log.hpp"
#include "delivery/access_logs.hpp"

#include <memory>
#include <mutex>
#include <optional>

namespace tally::app {

// [edge] access_logs at work: writes them by interval on a thread of its own, and keeps what they still need
// of the capture log. Made only where some are configured. Thread-safe.
class AccessLogTask {
  public:
    // nullptr where none are configured. `delivered`: where to begin the first time. `log`, `files` and
    // `geography` (nullptr = callers' places are unknown) must outlive it.
    static Result<std::unique_ptr<AccessLogTask>> open(const DataFolder& folder, const Config& config,
                                                       const capture::CaptureLog& log, FileSystem& files,
                                                       const capture::Positions& delivered,
                                                       Geography* geography);

    // What of the delivered the log need not keep.
    [[nodiscard]] capture::Positions removable(const capture::Positions& delivered) const;

    void start();
    // Ends the thread and writes what is captured. The error says why not; it is written after the next
    // start.
    Status stop();

  private:
    AccessLogTask(delivery::AccessLogOptions options, Microseconds interval, const capture::CaptureLog& log,
                  FileSystem& files);

    Status write();

    const Microseconds interval_;
    delivery::AccessLogs logs_;  // used by one thread at a time
    mutable std::mutex mutex_;
    capture::Positions taken_;  // guarded by mutex_
    std::optional<PeriodicTask> task_;
};

}  // namespace tally::app
