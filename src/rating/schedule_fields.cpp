#include "rating/schedule_fields.hpp"

#include <fmt/format.h>

namespace tally::rating {
namespace {

constexpr std::int64_t kCountMax = 10'000;

Result<std::optional<LocalTime>> read_anchor(Fields& fields, const TimeZone& zone,
                                             const std::optional<LocalTime>& otherwise) {
    const Document* anchor = fields.take("anchor");
    if (anchor == nullptr)
        return otherwise;
    if (anchor->kind() == Document::Kind::kText && anchor->str() == "calendar")
        return std::optional<LocalTime>();
    if (anchor->kind() == Document::Kind::kText) {
        if (const auto date = parse_date(anchor->str()))
            return std::optional<LocalTime>({*date, Microseconds{0}});
        if (const auto at = parse_rfc3339(anchor->str()))
            return std::optional<LocalTime>(zone.to_local(*at));
    }
    return fields.error_at(
        "anchor", fmt::format("{} is neither \"calendar\" nor a date nor an RFC 3339 time", anchor->json()));
}

}  // namespace

Result<TimeZone> read_time_zone(Fields& fields) {
    TRY_ASSIGN(const std::string name, fields.text_or("timezone", "UTC"));
    auto zone = TimeZone::find(name);
    if (!zone)
        return fields.error_at("timezone", zone.error().message);
    return zone;
}

Result<Schedule> read_schedule(Fields& fields, const TimeZone& zone, const ScheduleDefaults& defaults) {
    Schedule schedule;
    schedule.zone = zone;
    TRY_ASSIGN(const std::string name, defaults.interval.empty()
                                           ? fields.text("interval")
                                           : fields.text_or("interval", defaults.interval));
    const auto interval = parse_interval(name);
    if (!interval)
        return fields.error_at("interval", interval.error().message);
    schedule.interval = *interval;
    TRY_ASSIGN(schedule.count, fields.integer_or("count", 1));
    if (schedule.count < 1 || schedule.count > kCountMax)
        return fields.error_at("count", fmt::format("{} is not from 1 to {}", schedule.count, kCountMax));
    TRY_ASSIGN(schedule.anchor, read_anchor(fields, zone, defaults.anchor));
    return schedule;
}

Result<Period> read_period(Fields& fields, const TimeZone& zone) {
    Period period;
    TRY_ASSIGN(period.from, fields.instant("from", zone));
    TRY_ASSIGN(period.to, fields.instant("to", zone));
    if (period.to <= period.from) {
        return fields.error_at("to", fmt::format("the period is empty: {} is not after {}",
                                                 zone.format(period.to), zone.format(period.from)));
    }
    return period;
}

}  // namespace tally::rating
