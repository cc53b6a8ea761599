#include "base/time_text.hpp"

#include <cstdint>
#include <optional>

#include <date/date.h>
#include <fmt/format.h>

namespace tally {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kFractionDigitsMax = 9;
constexpr std::size_t kDateSize = 10;
constexpr std::size_t kDateTimeSize = 19;

date::year_month_day to_library(CivilDate date) {
    return date::year{date.year} / static_cast<int>(date.month) / static_cast<int>(date.day);
}

CivilDate from_library(date::year_month_day date) {
    return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day())};
}

// The number of exactly `count` digits at `at`.
std::optional<int> digits_at(std::string_view text, std::size_t at, std::size_t count) {
    if (text.size() < at + count)
        return std::nullopt;
    int value = 0;
    for (const char c : text.substr(at, count)) {
        if (c < '0' || c > '9')
            return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

bool has_char_at(std::string_view text, std::size_t at, std::string_view any_of) {
    return at < text.size() && any_of.find(text[at]) != std::string_view::npos;
}

Error bad_time(std::string_view text, std::string_view why) {
    return {ErrorCode::kInvalidArgument,
            fmt::format("'{}' is not an RFC 3339 time such as 2026-10-01T00:00:00Z: {}", text, why)};
}

struct Fraction {
    Microseconds value{0};
    std::size_t size = 0;  // characters taken, the point included
};

std::optional<Fraction> read_fraction(std::string_view rest) {
    if (!has_char_at(rest, 0, "."))
        return Fraction{};
    Fraction fraction;
    std::int64_t us = 0;
    std::size_t digits = 0;
    for (const char c : rest.substr(1)) {
        if (c < '0' || c > '9')
            break;
        if (digits < 6)
            us = us * 10 + (c - '0');
        ++digits;
    }
    if (digits == 0 || digits > kFractionDigitsMax)
        return std::nullopt;
    for (std::size_t i = digits; i < 6; ++i)
        us *= 10;
    return Fraction{Microseconds{us}, digits + 1};
}

std::optional<minutes> read_offset(std::string_view rest) {
    if (rest == "Z" || rest == "z")
        return minutes{0};
    const auto hour = digits_at(rest, 1, 2);
    const auto minute = digits_at(rest, 4, 2);
    if (rest.size() != 6 || !has_char_at(rest, 0, "+-") || rest[3] != ':' || !hour || !minute)
        return std::nullopt;
    if (*hour > 23 || *minute > 59)
        return std::nullopt;
    const minutes offset = hours{*hour} + minutes{*minute};
    return rest[0] == '-' ? -offset : offset;
}

}  // namespace

std::string format_rfc3339(Instant at) {
    const auto day = date::floor<date::days>(at);
    const CivilDate date = from_library(date::year_month_day{day});
    const auto of_day = date::hh_mm_ss<Microseconds>{at - day};
    std::string text = fmt::format("{}T{:02}:{:02}:{:02}", format_date(date), of_day.hours().count(),
                                   of_day.minutes().count(), of_day.seconds().count());
    if (const auto us = of_day.subseconds().count(); us != 0) {
        std::string digits = fmt::format("{:06}", us);
        digits.erase(digits.find_last_not_of('0') + 1);
        text += "." + digits;
    }
    return text + "Z";
}

Result<Instant> parse_rfc3339(std::string_view text) {
    const auto day = parse_date(text.substr(0, kDateSize));
    if (!day)
        return bad_time(text, "it does not begin with a date YYYY-MM-DD that exists");
    const auto hour = digits_at(text, 11, 2);
    const auto minute = digits_at(text, 14, 2);
    const auto second = digits_at(text, 17, 2);
    if (!has_char_at(text, 10, "Tt ") || !has_char_at(text, 13, ":") || !has_char_at(text, 16, ":") ||
        !hour || !minute || !second) {
        return bad_time(text, "the time of day is not Thh:mm:ss");
    }
    if (*hour > 23 || *minute > 59 || *second > 60)
        return bad_time(text, "the time of day does not exist");
    const std::string_view rest = text.substr(kDateTimeSize);
    const auto fraction = read_fraction(rest);
    if (!fraction)
        return bad_time(text, "a fraction of a second has 1 to 9 digits");
    const auto offset = read_offset(rest.substr(fraction->size));
    if (!offset)
        return bad_time(text, "it does not end with an offset Z or +hh:mm");
    const Instant midnight = date::sys_days{to_library(*day)};
    return midnight + hours{*hour} + minutes{*minute} + seconds{*second} + fraction->value - *offset;
}

Result<CivilDate> parse_date(std::string_view text) {
    const auto year = digits_at(text, 0, 4);
    const auto month = digits_at(text, 5, 2);
    const auto day = digits_at(text, 8, 2);
    if (text.size() == kDateSize && text[4] == '-' && text[7] == '-' && year && month && day) {
        const CivilDate date{*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)};
        if (to_library(date).ok())
            return date;
    }
    return Error{ErrorCode::kInvalidArgument, fmt::format("'{}' is not a date such as 2026-10-01", text)};
}

std::string format_date(CivilDate date) {
    return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::int32_t utc_day(Instant at) {
    return date::floor<date::days>(at).time_since_epoch().count();
}

CivilDate civil_from_days(std::int32_t days_since_epoch) {
    return from_library(date::year_month_day{date::sys_days{date::days{days_since_epoch}}});
}

std::int32_t days_from_civil(CivilDate date) {
    return date::sys_days{to_library(date)}.time_since_epoch().count();
}

}  // namespace tally
