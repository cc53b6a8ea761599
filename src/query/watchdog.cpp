#include "query/internal/watchdog.hpp"

#include <chrono>
#include <fstream>
#include <utility>

#include <unistd.h>

namespace tally::query {
namespace {

constexpr std::chrono::milliseconds kInterval{10};

}  // namespace

std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t total_pages = 0;
    std::uint64_t resident_pages = 0;
    file >> total_pages >> resident_pages;
    return file ? resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

Watchdog::Watchdog(Microseconds time, std::uint64_t resident_bytes_max, std::function<void()> interrupt)
    : time_(time),
      resident_bytes_max_(resident_bytes_max),
      interrupt_(std::move(interrupt)),
      thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        has_ended_ = true;
    }
    ended_.notify_one();
    thread_.join();
}

void Watchdog::watch() {
    const SystemClock clock;
    const Microseconds deadline = clock.monotonic() + time_;
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, kInterval, [this] { return has_ended_; })) {
        if (verdict_ == Verdict::kFine && clock.monotonic() >= deadline)
            verdict_ = Verdict::kTooLong;
        else if (verdict_ == Verdict::kFine && resident_bytes() > resident_bytes_max_)
            verdict_ = Verdict::kTooLarge;
        if (verdict_ != Verdict::kFine)
            interrupt_();
    }
}

}  // namespace tally::query
