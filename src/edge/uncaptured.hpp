#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <vector>

namespace tally::edge {

// Requests of one hour that have no record, because the disk was full or the capture log at its limit.
struct UncapturedHour {
    Instant hour;               // its start
    std::uint64_t lost = 0;     // answered, or ended by the client: these make the ledger's `lost`
    std::uint64_t refused = 0;  // answered 503: never reached the upstream, so not part of `received`
    bool operator==(const UncapturedHour&) const = default;
};

// The hours with a count that is not 0, in order; empty when there is no file. Exact while workers go on
// counting: each count is at least what it was when this was called.
Result<std::vector<UncapturedHour>> read_uncaptured(const Path& counters);

}  // namespace tally::edge
