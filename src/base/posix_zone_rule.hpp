#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace tally {

// The rule for daylight saving time that stands at the end of a time zone's file (RFC 8536, 3.3;
// POSIX.1, 8.3), e.g. "CET-1CEST,M3.5.0,M10.5.0/3": it holds for all the years after the file's table. A
// value.
class PosixZoneRule {
  public:
    // nullopt for a text that is no such rule, and for one without daylight saving time.
    static std::optional<PosixZoneRule> parse(std::string_view text);

    // East of Greenwich, at an instant in seconds since 1970.
    [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds at) const;

  private:
    enum class DayKind { kWeekday, kJulian, kZeroBased };

    // A change of the clock in each year.
    struct Change {
        DayKind kind = DayKind::kWeekday;
        int month = 1;                    // kWeekday
        int week = 1;                     // kWeekday: 1 to 5, 5 = the last
        int day = 0;                      // kWeekday: 0 = Sunday; else the day of the year
        std::chrono::seconds time{7200};  // of the local clock before the change

        [[nodiscard]] std::chrono::sys_days day_in(std::chrono::year year) const;
    };

    friend class PosixZoneRuleReader;

    std::chrono::seconds standard_{0};
    std::chrono::seconds daylight_{0};
    Change begin_;
    Change end_;
};

}  // namespace tally
