#include "edge/uncaptured.hpp"

#include "edge/counter_file.hpp"

#include <cerrno>
#include <map>

#include <fmt/format.h>

namespace tally::edge {
namespace {

constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCounterHourShift) - 1;
constexpr std::int64_t kHourUs = 3'600'000'000;

Instant hour_of(std::uint64_t counter) {
    return instant_from_us(static_cast<std::int64_t>(counter >> kCounterHourShift) * kHourUs);
}

}  // namespace

Result<std::vector<UncapturedHour>> read_uncaptured(const Path& counters) {
    std::error_code failure;
    if (!std::filesystem::exists(counters, failure) && !failure)
        return std::vector<UncapturedHour>{};
    CounterFile file;
    if (const int error = file.open(counters.c_str()); error != 0) {
        if (error == EINVAL)
            return Error{ErrorCode::kCorruption,
                         fmt::format("{} is no file of edge counters.", counters.string())};
        return io_error("open", counters, error);
    }
    std::map<Instant, UncapturedHour> hours;
    for (const HourCounters& slot : file.content()->slots) {
        const std::uint64_t lost = __atomic_load_n(&slot.lost, __ATOMIC_RELAXED);
        const std::uint64_t refused = __atomic_load_n(&slot.refused, __ATOMIC_RELAXED);
        if ((lost & kCountMask) != 0)
            hours[hour_of(lost)].lost = lost & kCountMask;
        if ((refused & kCountMask) != 0)
            hours[hour_of(refused)].refused = refused & kCountMask;
    }
    std::vector<UncapturedHour> result;
    for (auto& [hour, counts] : hours) {
        counts.hour = hour;
        result.push_back(counts);
    }
    return result;
}

}  // namespace tally::edge
