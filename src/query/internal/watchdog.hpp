#pragma once

#include "base/clock.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace tally::query {

// Watches one query from a thread of its own and interrupts it when it takes too long, or when the process
// grows beyond what the query may use: DuckDB's own memory limit does not see every allocation (long strings
// are outside it). Neither DuckDB nor its C API has a timeout.
class Watchdog {
  public:
    enum class Verdict : std::uint8_t { kFine, kTooLong, kTooLarge };

    // `interrupt` is called from the watching thread, again and again until the query has ended: an interrupt
    // that meets the moment between two steps of a query is lost. `resident_bytes_max` is of the whole
    // process.
    Watchdog(Microseconds time, std::uint64_t resident_bytes_max, std::function<void()> interrupt);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    [[nodiscard]] Verdict verdict() const { return verdict_.load(); }

  private:
    void watch();

    const Microseconds time_;
    const std::uint64_t resident_bytes_max_;
    const std::function<void()> interrupt_;
    std::atomic<Verdict> verdict_{Verdict::kFine};

    std::mutex mutex_;
    std::condition_variable ended_;
    bool has_ended_ = false;  // guarded by mutex_

    std::thread thread_;  // last: starts when all the rest is there
};

// Of this process, from /proc/self/statm; 0 when that cannot be read.
std::uint64_t resident_bytes();

}  // namespace tally::query
