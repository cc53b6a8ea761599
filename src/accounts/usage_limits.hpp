#pragma once

#include "base/result.hpp"
#include "model/usage_limits.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::accounts {

inline constexpr std::int64_t kRateMilliMax = 1'000'000'000'000;  // 10^9 a second
inline constexpr std::int64_t kBurstMax = 1'000'000'000;
inline constexpr std::int64_t kQuotaLimitMax = 1LL << 47;
inline constexpr std::size_t kMethodSizeMax = 31;
inline constexpr std::size_t kThrottlePathSizeMax = 255;

// The rules of limits: rates and bursts from 1 (thousandth) up, an offset from 0 to its quota's limit, at
// most kMethodThrottlesMax method throttles, none twice, each with a method ("*", or upper-case letters, "-"
// and "_") and a path that begins with "/" and has "*" at its end alone. kInvalidArgument with the pointer of
// the field in the JSON of a usage plan.
Status check_limits(const UsageLimits& limits);

// Thousandths of a request a second of a JSON number: "100", "0.5", "1e2". kInvalidArgument for more than
// three decimals and for what is out of range.
Result<std::int64_t> parse_rate(std::string_view number);
// "100", "0.5": no trailing zeros.
std::string rate_text(std::int64_t rate_milli);

// DAY, WEEK or MONTH in any case.
std::optional<QuotaPeriod> parse_quota_period(std::string_view name);
std::string_view quota_period_name(QuotaPeriod period);

// nullopt = leave as it is.
struct ThrottleChange {
    std::optional<std::int64_t> rate_milli = {};
    std::optional<std::int64_t> burst = {};
};

struct QuotaChange {
    std::optional<std::int64_t> limit = {};
    std::optional<QuotaPeriod> period = {};
    std::optional<std::int64_t> offset = {};
};

// What is named changes. A removal goes before a change beside it.
struct LimitsChange {
    bool remove_throttle = false;
    std::optional<ThrottleChange> throttle = {};
    bool remove_quota = false;
    std::optional<QuotaChange> quota = {};
    std::optional<std::vector<MethodThrottle>> methods = {};  // all of them
};

// The limits after the change, checked. kInvalidArgument also where a new throttle or quota lacks a part.
Result<UsageLimits> changed_limits(UsageLimits limits, const LimitsChange& change);

}  // namespace tally::accounts
