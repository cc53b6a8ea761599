#include "base/posix_zone_rule.hpp"

namespace tally {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// Reads a rule from left to right; each step says whether what it wanted stood there.
class PosixZoneRuleReader {
  public:
    explicit PosixZoneRuleReader(std::string_view text) : rest_(text) {}

    std::optional<PosixZoneRule> read() {
        PosixZoneRule rule;
        if (!skip_name() || !read_time(rule.standard_))
            return std::nullopt;
        rule.standard_ = -rule.standard_;  // POSIX counts west of Greenwich
        if (!skip_name())
            return std::nullopt;
        rule.daylight_ = rule.standard_ + hours{1};
        if (!rest_.empty() && rest_.front() != ',') {
            if (!read_time(rule.daylight_))
                return std::nullopt;
            rule.daylight_ = -rule.daylight_;
        }
        if (!read_change(rule.begin_) || !read_change(rule.end_) || !rest_.empty())
            return std::nullopt;
        return rule;
    }

  private:
    using Change = PosixZoneRule::Change;
    using DayKind = PosixZoneRule::DayKind;

    static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

    // "CET" or "<+03>".
    bool skip_name() {
        std::size_t size = 0;
        if (!rest_.empty() && rest_.front() == '<') {
            size = rest_.find('>') + 1;
        } else {
            while (size < rest_.size() && is_letter(rest_[size]))
                ++size;
        }
        rest_.remove_prefix(size);
        return size >= 3;
    }

    bool take(char c) {
        if (rest_.empty() || rest_.front() != c)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool read_number(int& number) {
        number = 0;
        std::size_t digits = 0;
        for (; digits < rest_.size() && digits < 4 && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits)
            number = number * 10 + (rest_[digits] - '0');
        rest_.remove_prefix(digits);
        return digits > 0;
    }

    // [+-]hh[:mm[:ss]]
    bool read_time(seconds& time) {
        const bool negative = take('-');
        if (!negative)
            take('+');
        int hour = 0;
        int minute = 0;
        int second = 0;
        if (!read_number(hour))
            return false;
        if (take(':') && !read_number(minute))
            return false;
        if (take(':') && !read_number(second))
            return false;
        time = hours{hour} + minutes{minute} + seconds{second};
        if (negative)
            time = -time;
        return true;
    }

    bool read_day(Change& change) {
        if (take('M')) {
            change.kind = DayKind::kWeekday;
            return read_number(change.month) && take('.') && read_number(change.week) && take('.') &&
                   read_number(change.day) && change.month >= 1 && change.month <= 12 && change.week >= 1 &&
                   change.week <= 5 && change.day <= 6;
        }
        change.kind = take('J') ? DayKind::kJulian : DayKind::kZeroBased;
        return read_number(change.day) && change.day <= 365;
    }

    // ",M3.5.0/2"
    bool read_change(Change& change) {
        if (!take(',') || !read_day(change))
            return false;
        return !take('/') || read_time(change.time);
    }

    std::string_view rest_;
};

std::optional<PosixZoneRule> PosixZoneRule::parse(std::string_view text) {
    return PosixZoneRuleReader(text).read();
}

sys_days PosixZoneRule::Change::day_in(std::chrono::year year) const {
    const sys_days new_year = year / 1 / 1;
    switch (kind) {
        case DayKind::kZeroBased: return new_year + days{day};
        case DayKind::kJulian: {
            // Counts as if 29 February never came.
            const bool after_leap_day = year.is_leap() && day >= 60;
            return new_year + days{day - 1 + (after_leap_day ? 1 : 0)};
        }
        case DayKind::kWeekday: break;
    }
    const std::chrono::weekday wanted{static_cast<unsigned>(day)};
    const auto in_month = year / month;
    if (week == 5)
        return sys_days{in_month / wanted[std::chrono::last]};
    return sys_days{in_month / wanted[static_cast<unsigned>(week)]};
}

seconds PosixZoneRule::offset_at(sys_seconds at) const {
    const auto local_day = std::chrono::floor<days>(at + standard_);
    const auto year = std::chrono::year_month_day{local_day}.year();
    const sys_seconds begin = sys_seconds{begin_.day_in(year)} + begin_.time - standard_;
    const sys_seconds end = sys_seconds{end_.day_in(year)} + end_.time - daylight_;
    // South of the equator daylight saving time holds over the turn of the year.
    const bool daylight = begin < end ? begin <= at && at < end : at < end || begin <= at;
    return daylight ? daylight_ : standard_;
}

}  // namespace tally
