#include "base/time_zone.hpp"

#include "base/assert.hpp"
#include "base/posix_zone_rule.hpp"

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

namespace tally {

// The library reads a zone's table of transitions, which ends in 2037 at the latest (earlier with slim data),
// but not the rule that the file gives for the time after it. `after` is that rule; empty when the file has
// none.
struct ZoneRules {
    const date::time_zone* table = nullptr;
    std::optional<PosixZoneRule> after;
};

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kZoneFolder = "/usr/share/zoneinfo/";

// The last entry of a table has no end; the library puts it beyond every date we can write.
const date::sys_seconds kNoEnd = date::sys_days{date::year{10'000} / 1 / 1};

// RFC 8536, 3.3: a file of version 2 or later ends with a POSIX rule between two line breaks.
std::optional<PosixZoneRule> read_rule(const std::string& name) {
    std::ifstream file(std::string(kZoneFolder) + name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.size() < 3 || bytes.back() != '\n')
        return std::nullopt;
    const std::size_t begin = bytes.rfind('\n', bytes.size() - 2);
    if (begin == std::string::npos)
        return std::nullopt;
    // A rule without daylight saving time is one offset for ever, which the table says too.
    return PosixZoneRule::parse(std::string_view(bytes).substr(begin + 1, bytes.size() - begin - 2));
}

// Loaded once a process and never freed. Throws what the library throws.
const ZoneRules& load_rules(const std::string& name) {
    static std::mutex mutex;
    static std::map<std::string, ZoneRules> loaded;
    const std::lock_guard lock(mutex);
    const auto known = loaded.find(name);
    if (known != loaded.end())
        return known->second;
    const date::time_zone* table = date::locate_zone(name);
    // The zone's file is read on first use; a damaged one shows here and not in the middle of a bill.
    static_cast<void>(table->get_info(date::sys_seconds{}));
    return loaded.emplace(name, ZoneRules{table, read_rule(name)}).first->second;
}

seconds offset_at(const ZoneRules& rules, date::sys_seconds at) {
    const auto info = rules.table->get_info(at);
    if (!rules.after || info.end < kNoEnd)
        return info.offset;
    return rules.after->offset_at(at);
}

// After the table: of the offsets a day before and a day after, the first that gives back the local time.
// Neither does in a gap; then the one before it carries the time past the gap.
seconds offset_of_local(const ZoneRules& rules, date::local_seconds local) {
    const date::sys_seconds as_if_utc{local.time_since_epoch()};
    const seconds before = offset_at(rules, as_if_utc - date::days{1});
    const seconds after = offset_at(rules, as_if_utc + date::days{1});
    if (offset_at(rules, as_if_utc - before) == before)
        return before;
    return offset_at(rules, as_if_utc - after) == after ? after : before;
}

}  // namespace

Result<TimeZone> TimeZone::find(std::string_view iana_name) {
    try {
        return TimeZone(std::string(iana_name), load_rules(std::string(iana_name)));
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
    const Instant shifted = at + offset_at(*rules_, date::floor<seconds>(at));
    const auto day = date::floor<date::days>(shifted);
    return {civil_from_days(day.time_since_epoch().count()), shifted - day};
}

Instant TimeZone::to_instant(const LocalTime& local) const {
    const date::local_days day{date::days{days_from_civil(local.date)}};
    const date::local_time<Microseconds> at = day + local.time_of_day;
    const auto whole = date::floor<seconds>(at);
    const auto info = rules_->table->get_info(whole);
    const bool in_table = !rules_->after || info.first.end < kNoEnd;
    // In a gap `first` is the offset before it, so the result lies after the gap by as much as `local` lay in
    // it; in a fold it is the first of the two.
    return Instant{at.time_since_epoch() - (in_table ? info.first.offset : offset_of_local(*rules_, whole))};
}

Instant TimeZone::local_midnight(CivilDate date) const {
    return to_instant({date, Microseconds{0}});
}

std::string TimeZone::format(Instant at) const {
    // RFC 3339 has no seconds in an offset. Offsets of before standard time have; they are written to the
    // minute below with the local time to match, so the text still names the same instant.
    const auto offset = date::floor<minutes>(offset_at(*rules_, date::floor<seconds>(at)));
    std::string text = format_rfc3339(at + offset);
    text.pop_back();
    const auto magnitude = std::abs(offset.count());
    return fmt::format("{}{}{:02}:{:02}", text, offset.count() < 0 ? '-' : '+', magnitude / 60,
                       magnitude % 60);
}

}  // namespace tally
