#include "base/clock.hpp"

namespace tally {

Instant SystemClock::now() const {
    return std::chrono::time_point_cast<Microseconds>(std::chrono::system_clock::now());
}

Microseconds SystemClock::monotonic() const {
    return std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace tally
