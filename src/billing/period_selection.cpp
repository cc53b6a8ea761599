#include "billing/period_selection.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tally::billing {

Result<rating::Period> month_in(std::string_view month, const TimeZone& zone) {
    const Error wrong{ErrorCode::kInvalidArgument,
                      fmt::format("\"{}\" is no month; it is written like 2026-10", month), "/month"};
    constexpr std::size_t kMonthSize = 7;
    if (month.size() != kMonthSize)
        return wrong;
    const Result<CivilDate> first = parse_date(fmt::format("{}-01", month));
    if (!first.ok())
        return wrong;
    CivilDate next = *first;
    next.year += first->month == 12 ? 1 : 0;
    next.month = first->month % 12 + 1;
    return rating::Period{zone.local_midnight(*first), zone.local_midnight(next)};
}

rating::Schedule schedule_for(const rating::Schedule& plan, const TimeZone& zone) {
    rating::Schedule schedule = plan;
    schedule.zone = zone;
    return schedule;
}

std::optional<rating::Period> active_part(const Subscription& subscription, const rating::Period& period) {
    const Instant from = std::max(subscription.from, period.from);
    const Instant to = std::min(subscription.to.value_or(period.to), period.to);
    if (from >= to)
        return std::nullopt;
    return rating::Period{from, to};
}

Result<std::vector<rating::Period>> periods_touching(const rating::Schedule& schedule,
                                                     const Subscription& subscription,
                                                     const rating::Period& window) {
    const std::optional<rating::Period> lived = active_part(subscription, window);
    if (!lived)
        return std::vector<rating::Period>();
    return rating::periods_between(schedule, lived->from, lived->to);
}

Result<std::vector<rating::Period>> periods_ending_in(const rating::Schedule& schedule,
                                                      const Subscription& subscription,
                                                      const rating::Period& window) {
    // A period that ends in the window may have begun, and its subscription ended, before the window.
    TRY_ASSIGN(const rating::Period first, rating::period_at(schedule, window.from));
    TRY_ASSIGN(std::vector<rating::Period> periods,
               periods_touching(schedule, subscription, {std::min(first.from, window.from), window.to}));
    std::erase_if(periods, [&](const rating::Period& p) { return p.to <= window.from || p.to > window.to; });
    return periods;
}

Result<std::vector<rating::Period>> periods_ended_by(const rating::Schedule& schedule,
                                                     const Subscription& subscription, Instant as_of) {
    if (as_of <= subscription.from)
        return std::vector<rating::Period>();
    TRY_ASSIGN(std::vector<rating::Period> periods,
               periods_touching(schedule, subscription, {subscription.from, as_of}));
    std::erase_if(periods, [&](const rating::Period& p) { return p.to > as_of; });
    return periods;
}

}  // namespace tally::billing
