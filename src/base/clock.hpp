#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace tally {

// A point in time: microseconds since 1970-01-01T00:00:00Z, no leap seconds.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Microseconds = std::chrono::microseconds;

constexpr Instant instant_from_us(std::int64_t us) {
    return Instant{Microseconds{us}};
}

constexpr std::int64_t to_us(Instant at) {
    return at.time_since_epoch().count();
}

// The only way to ask for the time. Thread-safe. Wall time may jump; monotonic time never goes back and is
// the one to measure durations with.
class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
    [[nodiscard]] virtual Microseconds monotonic() const = 0;
};

class SystemClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override;
    [[nodiscard]] Microseconds monotonic() const override;
};

// A clock for tests and rehearsals: stands still until it is moved.
class ManualClock final : public Clock {
  public:
    explicit ManualClock(Instant start) : now_us_(to_us(start)) {}

    [[nodiscard]] Instant now() const override { return instant_from_us(now_us_.load()); }

    [[nodiscard]] Microseconds monotonic() const override { return Microseconds{monotonic_us_.load()}; }

    void advance(Microseconds by) {
        now_us_ += by.count();
        monotonic_us_ += by.count();
    }

    // Moves wall time alone, as an operator or NTP would.
    void jump_to(Instant at) { now_us_ = to_us(at); }

  private:
    std::atomic<std::int64_t> now_us_;
    std::atomic<std::int64_t> monotonic_us_{0};
};

}  // namespace tally
