#pragma once

#include "model/quota_period.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tally {

// A token bucket: it holds `burst` requests when full and fills by `rate_milli` thousandths of a request a
// second. A request that finds it empty is answered 429 "Too Many Requests".
struct Throttle {
    std::int64_t rate_milli = 0;  // 1 to 10^12
    std::int64_t burst = 0;       // 1 to 10^9
    bool operator==(const Throttle&) const = default;
};

// How many requests a key may make in a calendar period (UTC); beyond it 429 "Limit Exceeded". Requests that
// are refused do not count.
struct Quota {
    std::int64_t limit = 0;  // 0 to 2^47
    QuotaPeriod period = QuotaPeriod::kMonth;
    std::int64_t offset = 0;  // taken off the limit in the first period of a key, 0 to limit
    bool operator==(const Quota&) const = default;
};

// A throttle of its own for one method and path; a request that it fits takes a token there instead of from
// the plan's bucket.
struct MethodThrottle {
    std::string method;  // upper case, or "*" for any
    std::string path;    // "/a/b" exactly; with "*" at its end everything that begins so
    Throttle throttle;
    bool operator==(const MethodThrottle&) const = default;
};

inline constexpr std::size_t kMethodThrottlesMax = 20;  // API Gateway's limit

// What a usage plan allows each of its keys. The more exact entry of `methods` goes first: an exact path
// before a prefix, a longer prefix before a shorter, a named method before "*".
struct UsageLimits {
    std::optional<Throttle> throttle;
    std::optional<Quota> quota;
    std::vector<MethodThrottle> methods;
    bool operator==(const UsageLimits&) const = default;
};

}  // namespace tally
