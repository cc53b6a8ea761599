#include "accounts/usage_limits.hpp"

#include "base/decimal.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tally::accounts {

namespace {

struct PeriodName {
    QuotaPeriod period;
    std::string_view name;
};

constexpr std::array kPeriodNames = {PeriodName{QuotaPeriod::kDay, "DAY"},
                                     PeriodName{QuotaPeriod::kWeek, "WEEK"},
                                     PeriodName{QuotaPeriod::kMonth, "MONTH"}};

constexpr std::int64_t kNsPerMilliRate = 1'000'000'000'000;
constexpr std::int64_t kFillTimeMaxNs = 1LL << 62;  // what the edge's buckets can tell

Error wrong(std::string message, std::string pointer) {
    return Error{ErrorCode::kInvalidArgument, std::move(message), std::move(pointer)};
}

Error missing(std::string_view field, std::string_view pointer) {
    return wrong(fmt::format("\"{}\" is missing", field), fmt::format("{}/{}", pointer, field));
}

Status check_throttle(const Throttle& throttle, const std::string& pointer) {
    if (throttle.rate_milli < 1 || throttle.rate_milli > kRateMilliMax)
        return wrong("must be from 0.001 to 1000000000 requests a second", pointer + "/rate_limit");
    if (throttle.burst < 1 || throttle.burst > kBurstMax)
        return wrong(fmt::format("must be from 1 to {}", kBurstMax), pointer + "/burst_limit");
    const std::int64_t interval_ns = (kNsPerMilliRate + throttle.rate_milli / 2) / throttle.rate_milli;
    if (throttle.burst > kFillTimeMaxNs / std::max<std::int64_t>(1, interval_ns))
        return wrong("takes more than 146 years to fill at this rate", pointer + "/burst_limit");
    return {};
}

Status check_quota(const Quota& quota) {
    if (quota.limit < 0 || quota.limit > kQuotaLimitMax)
        return wrong(fmt::format("must be from 0 to {}", kQuotaLimitMax), "/quota/limit");
    if (quota.offset < 0 || quota.offset > quota.limit)
        return wrong(fmt::format("must be from 0 to the limit, {}", quota.limit), "/quota/offset");
    return {};
}

Status check_method(std::string_view method, const std::string& pointer) {
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; };
    const bool named =
        !method.empty() && method.size() <= kMethodSizeMax && std::all_of(method.begin(), method.end(), fits);
    if (named || method == "*")
        return {};
    return wrong(fmt::format("must be \"*\" or the name of a method: 1 to {} letters", kMethodSizeMax),
                 pointer + "/method");
}

Status check_path(std::string_view path, const std::string& at) {
    const std::string pointer = at + "/path";
    if (path.empty() || path.front() != '/')
        return wrong("must begin with \"/\"", pointer);
    if (path.size() > kThrottlePathSizeMax)
        return wrong(fmt::format("has {} bytes; at most {} are allowed", path.size(), kThrottlePathSizeMax),
                     pointer);
    if (path.find('*') < path.size() - 1)
        return wrong("may have \"*\" at its end alone", pointer);
    for (const char c : path)
        if (c <= 0x20 || c >= 0x7F || c == '?' || c == '#')
            return wrong("is compared with the path as it is sent: only visible ASCII, no \"?\", no \"#\"",
                         pointer);
    return {};
}

Status check_methods(const std::vector<MethodThrottle>& methods) {
    if (methods.size() > kMethodThrottlesMax)
        return wrong(fmt::format("holds {}; at most {} are allowed", methods.size(), kMethodThrottlesMax),
                     "/method_throttles");
    for (std::size_t i = 0; i < methods.size(); ++i) {
        const std::string pointer = fmt::format("/method_throttles/{}", i);
        TRY(check_method(methods[i].method, pointer));
        TRY(check_path(methods[i].path, pointer));
        TRY(check_throttle(methods[i].throttle, pointer));
        for (std::size_t before = 0; before < i; ++before)
            if (methods[before].method == methods[i].method && methods[before].path == methods[i].path)
                return wrong(fmt::format("{} {} stands twice", methods[i].method, methods[i].path), pointer);
    }
    return {};
}

Result<Throttle> changed(const std::optional<Throttle>& before, const ThrottleChange& change) {
    if (!before && !change.rate_milli)
        return missing("rate_limit", "/throttle");
    if (!before && !change.burst)
        return missing("burst_limit", "/throttle");
    Throttle after = before.value_or(Throttle{});
    after.rate_milli = change.rate_milli.value_or(after.rate_milli);
    after.burst = change.burst.value_or(after.burst);
    return after;
}

Result<Quota> changed(const std::optional<Quota>& before, const QuotaChange& change) {
    if (!before && !change.limit)
        return missing("limit", "/quota");
    if (!before && !change.period)
        return missing("period", "/quota");
    Quota after = before.value_or(Quota{});
    after.limit = change.limit.value_or(after.limit);
    after.period = change.period.value_or(after.period);
    after.offset = change.offset.value_or(after.offset);
    return after;
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

Status check_limits(const UsageLimits& limits) {
    if (limits.throttle)
        TRY(check_throttle(*limits.throttle, "/throttle"));
    if (limits.quota)
        TRY(check_quota(*limits.quota));
    return check_methods(limits.methods);
}

Result<std::int64_t> parse_rate(std::string_view number) {
    const Result<Decimal> rate = Decimal::parse(number);
    if (!rate.ok() || rate->sign() <= 0 || *rate > Decimal(kRateMilliMax / 1000))
        return wrong("must be more than 0 and at most 1000000000 requests a second", "");
    const Result<std::int64_t> milli = (*rate * Decimal(1000)).to_int64();
    if (!milli.ok())
        return wrong("has more than three decimals", "");
    return *milli;
}

std::string rate_text(std::int64_t rate_milli) {
    return Decimal::from_coefficient(rate_milli, 3).normalized_str();
}

std::optional<QuotaPeriod> parse_quota_period(std::string_view name) {
    std::string wanted(name);
    std::transform(wanted.begin(), wanted.end(), wanted.begin(), upper);
    for (const PeriodName& known : kPeriodNames)
        if (known.name == wanted)
            return known.period;
    return std::nullopt;
}

std::string_view quota_period_name(QuotaPeriod period) {
    for (const PeriodName& known : kPeriodNames)
        if (known.period == period)
            return known.name;
    return "MONTH";
}

Result<UsageLimits> changed_limits(UsageLimits limits, const LimitsChange& change) {
    if (change.remove_throttle)
        limits.throttle.reset();
    if (change.throttle) {
        TRY_ASSIGN(limits.throttle, changed(limits.throttle, *change.throttle));
    }
    if (change.remove_quota)
        limits.quota.reset();
    if (change.quota) {
        TRY_ASSIGN(limits.quota, changed(limits.quota, *change.quota));
    }
    if (change.methods)
        limits.methods = *change.methods;
    TRY(check_limits(limits));
    return limits;
}

}  // namespace tally::accounts
