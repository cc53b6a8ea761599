#include "base/time_zone.hpp"

#include "base/assert.hpp"

#include <cstdlib>
#include <exception>

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

namespace tally {
namespace {

using std::chrono::minutes;

const date::time_zone& library_zone(const void* zone) {
    return *static_cast<const date::time_zone*>(zone);
}

date::local_time<Microseconds> to_library(const LocalTime& local) {
    const date::local_days day{date::days{days_from_civil(local.date)}};
    return day + local.time_of_day;
}

}  // namespace

Result<TimeZone> TimeZone::find(std::string_view iana_name) {
    try {
        const date::time_zone* zone = date::locate_zone(std::string(iana_name));
        // The zone's file is read on first use; a damaged one shows here and not in the middle of a bill.
        static_cast<void>(zone->get_info(date::sys_seconds{}));
        return TimeZone(std::string(iana_name), zone);
    } catch (const std::exception&) {
        return Error{
            ErrorCode::kInvalidArgument,
            fmt::format("'{}' is not an IANA time zone; use a name such as Europe/Berlin or UTC", iana_name)};
    }
}

TimeZone TimeZone::utc() {
    auto zone = find("UTC");
    TALLY_ASSERT(zone.ok(), "the machine has no time zone data; install tzdata");
    return *std::move(zone);
}

LocalTime TimeZone::to_local(Instant at) const {
    const auto info = library_zone(zone_).get_info(date::floor<std::chrono::seconds>(at));
    const Instant shifted = at + info.offset;
    const auto day = date::floor<date::days>(shifted);
    return {civil_from_days(day.time_since_epoch().count()), shifted - day};
}

Instant TimeZone::to_instant(const LocalTime& local) const {
    const auto at = to_library(local);
    const auto info = library_zone(zone_).get_info(date::floor<std::chrono::seconds>(at));
    // In a gap `first` is the offset before it, so the result lies after the gap by as much as `local` lay in
    // it.
    return Instant{at.time_since_epoch() - info.first.offset};
}

Instant TimeZone::local_midnight(CivilDate date) const {
    return to_instant({date, Microseconds{0}});
}

std::string TimeZone::format(Instant at) const {
    const auto info = library_zone(zone_).get_info(date::floor<std::chrono::seconds>(at));
    // RFC 3339 has no seconds in an offset. Offsets of before standard time have; they are written to the
    // minute below with the local time to match, so the text still names the same instant.
    const auto offset = date::floor<minutes>(info.offset);
    std::string text = format_rfc3339(at + offset);
    text.pop_back();
    const auto magnitude = std::abs(offset.count());
    return fmt::format("{}{}{:02}:{:02}", text, offset.count() < 0 ? '-' : '+', magnitude / 60,
                       magnitude % 60);
}

}  // namespace tally
