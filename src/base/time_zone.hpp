#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/time_text.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace tally {

// A local time of day on a calendar date, in no zone yet.
struct LocalTime {
    CivilDate date;
    Microseconds time_of_day{0};
    auto operator<=>(const LocalTime&) const = default;
};

struct ZoneRules;

// An IANA time zone. A value; cheap to copy; thread-safe. The rules come from the machine's tzdata.
class TimeZone {
  public:
    // kInvalidArgument for a name that tzdata does not have, with a hint at the form "Europe/Berlin".
    static Result<TimeZone> find(std::string_view iana_name);
    static TimeZone utc();

    [[nodiscard]] const std::string& name() const { return name_; }

    [[nodiscard]] LocalTime to_local(Instant at) const;
    // In a gap (clocks went forward) the time moves on by the gap; in a fold (clocks went back) the first of
    // the two is taken.
    [[nodiscard]] Instant to_instant(const LocalTime& local) const;
    [[nodiscard]] Instant local_midnight(CivilDate date) const;
    // RFC 3339 with the zone's offset at that instant: "2026-10-01T00:00:00+02:00"; "Z" is never used here,
    // UTC gives "+00:00".
    [[nodiscard]] std::string format(Instant at) const;

  private:
    TimeZone(std::string name, const ZoneRules& rules) : name_(std::move(name)), rules_(&rules) {}

    std::string name_;
    const ZoneRules* rules_;  // loaded once a process, never freed
};

}  // namespace tally
