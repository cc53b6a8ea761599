#include "rating/periods.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace tally::rating {
namespace {

constexpr std::size_t kPeriodsMax = 100'000;
constexpr std::size_t kBoundariesMax =
    kPeriodsMax + 100;  // no more than needed to see that there are too many
constexpr std::int64_t kCountMax = 10'000;
constexpr int kYearMin = 1;
constexpr int kYearMax = 9999;
constexpr int kMonthsInYear = 12;
constexpr Microseconds kHour = std::chrono::hours{1};
constexpr Microseconds kDay = std::chrono::hours{24};

constexpr std::array<std::pair<std::string_view, Interval>, 6> kIntervals{{
    {"hour", Interval::kHour},
    {"day", Interval::kDay},
    {"week", Interval::kWeek},
    {"month", Interval::kMonth},
    {"quarter", Interval::kQuarter},
    {"year", Interval::kYear},
}};

// A step of the series is so many months, or so long in local time; one of the two is zero.
struct Stride {
    std::int64_t months = 0;
    Microseconds time{0};
};

Stride stride_of(const Schedule& schedule) {
    switch (schedule.interval) {
        case Interval::kHour: return {0, kHour * schedule.count};
        case Interval::kDay: return {0, kDay * schedule.count};
        case Interval::kWeek: return {0, kDay * 7 * schedule.count};
        case Interval::kMonth: return {schedule.count, {}};
        case Interval::kQuarter: return {3 * schedule.count, {}};
        case Interval::kYear: return {kMonthsInYear * schedule.count, {}};
    }
    TALLY_ASSERT(false, "an interval has a name");
}

LocalTime anchor_of(const Schedule& schedule) {
    if (schedule.anchor)
        return *schedule.anchor;
    return {{2000, 1, schedule.interval == Interval::kWeek ? 3U : 1U}, Microseconds{0}};
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

std::int64_t month_number(CivilDate date) {
    return std::int64_t{date.year} * kMonthsInYear + static_cast<std::int64_t>(date.month) - 1;
}

// A number of local time that grows evenly, for arithmetic only.
Microseconds local_count(const LocalTime& local) {
    return kDay * days_from_civil(local.date) + local.time_of_day;
}

unsigned days_in_month(int year, unsigned month) {
    const CivilDate next = month == kMonthsInYear ? CivilDate{year + 1, 1, 1} : CivilDate{year, month + 1, 1};
    return civil_from_days(days_from_civil(next) - 1).day;
}

// The boundaries of one schedule, by their number.
class Series {
  public:
    explicit Series(const Schedule& schedule)
        : zone_(schedule.zone), anchor_(anchor_of(schedule)), stride_(stride_of(schedule)) {}

    // nullopt when it leaves the years that dates are written in.
    [[nodiscard]] std::optional<Instant> boundary(std::int64_t k) const {
        const auto local = stride_.months != 0 ? month_boundary(k) : time_boundary(k);
        if (!local || local->date.year < kYearMin || local->date.year > kYearMax)
            return std::nullopt;
        return zone_.to_instant(*local);
    }

    // A number whose boundary lies near `at`: gaps, folds and short months can put it off by slack().
    [[nodiscard]] std::int64_t number_near(Instant at) const {
        const LocalTime local = zone_.to_local(at);
        if (stride_.months != 0)
            return floor_divide(month_number(local.date) - month_number(anchor_.date), stride_.months);
        return floor_divide((local_count(local) - local_count(anchor_)).count(), stride_.time.count());
    }

    // How many steps two boundaries may be out of order: a zone that skips a whole day moves each hour of it
    // on by 24, past the hours that follow.
    [[nodiscard]] std::int64_t slack() const {
        return 2 + (stride_.months != 0 ? 0 : kDay / stride_.time + 1);
    }

    // The different boundaries around [from, to), in order: one at or before `from`, one at or after `to`,
    // unless the series leaves the years there.
    [[nodiscard]] std::vector<Instant> boundaries_around(Instant from, Instant to) const {
        std::vector<Instant> found;
        const std::int64_t last = number_near(to) + slack();
        for (std::int64_t k = number_near(from) - slack(); k <= last && found.size() < kBoundariesMax; ++k)
            if (const auto at = boundary(k))
                found.push_back(*at);
        std::sort(found.begin(), found.end());
        found.erase(std::unique(found.begin(), found.end()), found.end());
        return found;
    }

  private:
    [[nodiscard]] std::optional<LocalTime> month_boundary(std::int64_t k) const {
        const std::int64_t months = month_number(anchor_.date) + k * stride_.months;
        const std::int64_t year = floor_divide(months, kMonthsInYear);
        if (year < kYearMin || year > kYearMax)
            return std::nullopt;
        const auto month = static_cast<unsigned>(months - year * kMonthsInYear) + 1;
        const unsigned day = std::min(anchor_.date.day, days_in_month(static_cast<int>(year), month));
        return LocalTime{{static_cast<int>(year), month, day}, anchor_.time_of_day};
    }

    [[nodiscard]] std::optional<LocalTime> time_boundary(std::int64_t k) const {
        const Microseconds local = local_count(anchor_) + k * stride_.time;
        const std::int64_t day = floor_divide(local.count(), kDay.count());
        return LocalTime{civil_from_days(static_cast<std::int32_t>(day)), local - day * kDay};
    }

    TimeZone zone_;
    LocalTime anchor_;
    Stride stride_;
};

Error out_of_years() {
    return {ErrorCode::kInvalidArgument,
            fmt::format("a period would leave the years {} to {}", kYearMin, kYearMax)};
}

}  // namespace

Result<Interval> parse_interval(std::string_view name) {
    for (const auto& [known, interval] : kIntervals)
        if (known == name)
            return interval;
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("'{}' is not an interval; use hour, day, week, month, quarter or year", name)};
}

std::string_view interval_name(Interval interval) {
    for (const auto& [name, known] : kIntervals)
        if (known == interval)
            return name;
    TALLY_ASSERT(false, "an interval has a name");
}

Result<std::vector<Period>> periods_between(const Schedule& schedule, Instant from, Instant to) {
    if (to <= from)
        return Error{ErrorCode::kInvalidArgument, "'to' is not after 'from'", "/to"};
    if (schedule.count < 1 || schedule.count > kCountMax) {
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("count {} is not from 1 to {}", schedule.count, kCountMax), "/count"};
    }
    const auto boundaries = Series(schedule).boundaries_around(from, to);
    std::vector<Period> periods;
    for (std::size_t i = 0; i + 1 < boundaries.size(); ++i)
        if (boundaries[i + 1] > from && boundaries[i] < to)
            periods.push_back({boundaries[i], boundaries[i + 1]});
    if (periods.size() > kPeriodsMax) {
        return Error{
            ErrorCode::kInvalidArgument,
            fmt::format("more than {} periods; ask for a shorter time or a longer interval", kPeriodsMax)};
    }
    if (periods.empty() || periods.front().from > from || periods.back().to < to)
        return out_of_years();
    return periods;
}

Result<Period> period_at(const Schedule& schedule, Instant at) {
    TRY_ASSIGN(const auto periods, periods_between(schedule, at, at + Microseconds{1}));
    return periods.front();
}

}  // namespace tally::rating
