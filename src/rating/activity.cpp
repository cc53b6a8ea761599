#include "rating/activity.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tally::rating {
namespace {

Decimal seconds_in(Instant from, Instant to) {
    return Decimal::from_coefficient((to - from).count(), 6);
}

// The local days that [from, to) touches; `to` is after `from`.
Decimal days_in(Instant from, Instant to, const TimeZone& zone) {
    const auto first = days_from_civil(zone.to_local(from).date);
    const auto last = days_from_civil(zone.to_local(to - Microseconds{1}).date);
    return Decimal(std::int64_t{last} - first + 1);
}

}  // namespace

Result<Activity> Activity::of(const RateInput& input, const TimeZone& zone) {
    const Period& period = input.period;
    if (period.to <= period.from) {
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("the period is empty: {} is not after {}", zone.format(period.to),
                                 zone.format(period.from)),
                     "/period/to"};
    }
    if (input.active_from && input.active_to && *input.active_to < *input.active_from)
        return Error{ErrorCode::kInvalidArgument, "the active range ends before it begins", "/active/to"};
    Activity activity;
    activity.period_seconds_ = seconds_in(period.from, period.to);
    activity.period_days_ = days_in(period.from, period.to, zone);
    const Instant from = std::max(period.from, input.active_from.value_or(period.from));
    const Instant to = std::min(period.to, input.active_to.value_or(period.to));
    if (from < to) {
        activity.active_seconds_ = seconds_in(from, to);
        activity.active_days_ = days_in(from, to, zone);
    }
    return activity;
}

Ratio Activity::weight(Proration rule) const {
    if (!any())
        return 0;
    switch (rule) {
        case Proration::kNone: return 1;
        case Proration::kSecond: return Ratio::of(active_seconds_, period_seconds_);
        case Proration::kDay: return Ratio::of(active_days_, period_days_);
    }
    return 1;
}

std::string Activity::text(Proration rule) const {
    if (rule == Proration::kNone)
        return "";
    const bool by_day = rule == Proration::kDay;
    return fmt::format("{}/{}", (by_day ? active_days_ : active_seconds_).normalized_str(),
                       (by_day ? period_days_ : period_seconds_).normalized_str());
}

}  // namespace tally::rating
