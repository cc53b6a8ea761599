#include "api/usage_period.hpp"

#include "base/time_text.hpp"
#include "billing/subscriptions.hpp"

#include <algorithm>

namespace tally::api {
namespace {

CivilDate first_of_next_month(CivilDate date) {
    return date.month == 12 ? CivilDate{date.year + 1, 1, 1} : CivilDate{date.year, date.month + 1, 1};
}

ResolvedPeriod month_of(CivilDate date, const TimeZone& zone) {
    date.day = 1;
    return {zone.local_midnight(date), zone.local_midnight(first_of_next_month(date))};
}

Result<ResolvedPeriod> parse_month(const std::string& text, const TimeZone& zone) {
    const auto first = parse_date(text + "-01");
    if (text.size() != 7 || !first)
        return Error{ErrorCode::kInvalidArgument, "month \"" + text + "\" is not like 2026-10"};
    return month_of(*first, zone);
}

Result<ResolvedPeriod> parse_day(const std::string& text, const TimeZone& zone) {
    TRY_ASSIGN(const CivilDate day, parse_date(text));
    return ResolvedPeriod{zone.local_midnight(day),
                          zone.local_midnight(civil_from_days(days_from_civil(day) + 1))};
}

// The first local boundary after `at`.
Instant next_boundary(Instant at, const std::string& window, const TimeZone& zone) {
    const LocalTime local = zone.to_local(at);
    if (window == "month")
        return zone.local_midnight(first_of_next_month(local.date));
    if (window == "day")
        return zone.local_midnight(civil_from_days(days_from_civil(local.date) + 1));
    const auto into = local.time_of_day % std::chrono::hours(1);
    return at - into + std::chrono::hours(1);
}

}  // namespace

Result<ResolvedPeriod> resolve_period(const PeriodWish& wish, const TimeZone& zone, Instant now) {
    const bool range = wish.from || wish.to;
    if (int{range} + int{wish.date.has_value()} + int{wish.month.has_value()} > 1)
        return Error{ErrorCode::kInvalidArgument, "give from and to, or date, or month: one of the three"};
    if (wish.date)
        return parse_day(*wish.date, zone);
    if (wish.month)
        return parse_month(*wish.month, zone);
    ResolvedPeriod period = month_of(zone.to_local(now).date, zone);
    if (!range)
        return period;
    if (wish.from) {
        TRY_ASSIGN(period.from, billing::parse_instant_or_date(*wish.from, zone));
    }
    period.to =
        std::max(now, period.from) + Microseconds(1);  // without "to": until now, this instant included
    if (wish.to) {
        TRY_ASSIGN(period.to, billing::parse_instant_or_date(*wish.to, zone));
    }
    if (period.to <= period.from)
        return Error{ErrorCode::kInvalidArgument, "the period is empty: from " + format_rfc3339(period.from) +
                                                      " is not before to " + format_rfc3339(period.to)};
    return period;
}

Result<std::vector<ResolvedPeriod>> cut_into_windows(const ResolvedPeriod& period, const std::string& window,
                                                     const TimeZone& zone, std::size_t max) {
    std::vector<ResolvedPeriod> windows;
    for (Instant at = period.from; at < period.to;) {
        const Instant end = std::min(next_boundary(at, window, zone), period.to);
        if (windows.size() == max)
            return Error{ErrorCode::kInvalidArgument, "the period has more than " + std::to_string(max) +
                                                          " windows of one " + window +
                                                          "; ask for a shorter one"};
        windows.push_back({at, end});
        at = end;
    }
    return windows;
}

}  // namespace tally::api
