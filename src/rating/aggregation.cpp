#include "rating/aggregation.hpp"

#include "base/assert.hpp"
#include "rating/fields.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace tally::rating {
namespace {

Result<Decimal> value_of(const EventRef& ref) {
    auto value = Decimal::parse(ref.event->value);
    if (!value) {
        return Error{ErrorCode::kInvalidArgument, value.error().message,
                     pointer_into(pointer_into("/events", ref.index), "value")};
    }
    return value;
}

Result<std::vector<Decimal>> decimals_of(const std::vector<EventRef>& events) {
    std::vector<Decimal> values;
    values.reserve(events.size());
    for (const EventRef& ref : events) {
        TRY_ASSIGN(Decimal value, value_of(ref));
        values.push_back(std::move(value));
    }
    return values;
}

Decimal sum_of(const std::vector<Decimal>& values) {
    Decimal sum;
    for (const Decimal& value : values)
        sum += value;
    return sum;
}

Ratio count_different(const std::vector<EventRef>& events) {
    std::set<std::string_view> different;
    for (const EventRef& ref : events)
        different.insert(ref.event->value);
    return static_cast<std::int64_t>(different.size());
}

// Each value holds from its event to the period's end, so what is added later weighs less.
Ratio weighted_sum(const std::vector<EventRef>& events, const std::vector<Decimal>& values,
                   const Period& period) {
    Decimal weighted;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const Instant begin = std::max(events[i].event->time, period.from);
        weighted += values[i] * Decimal((period.to - begin).count());
    }
    return Ratio::of(weighted, Decimal((period.to - period.from).count()));
}

// The sums of the windows that have any event, windows counted from the period's begin.
std::vector<Decimal> window_sums(const std::vector<EventRef>& events, const std::vector<Decimal>& values,
                                 const Period& period, Microseconds window) {
    std::map<std::int64_t, Decimal> sums;
    for (std::size_t i = 0; i < events.size(); ++i)
        sums[(std::max(events[i].event->time, period.from) - period.from) / window] += values[i];
    std::vector<Decimal> samples;
    for (const auto& [number, sum] : sums)
        samples.push_back(sum);
    return samples;
}

// Nearest rank: the smallest sample with at least the share p of all samples at or below it.
Decimal percentile(std::vector<Decimal> samples, const Decimal& p) {
    std::sort(samples.begin(), samples.end());
    const Decimal rank =
        (p * Decimal(static_cast<std::int64_t>(samples.size()))).rounded(0, RoundingMode::kCeiling);
    const auto number = rank.to_int64();
    TALLY_ASSERT(number.ok() && *number >= 1, "a percentile is above 0");
    return samples[static_cast<std::size_t>(*number) - 1];
}

Result<Ratio> aggregate_values(const MeterRule& rule, const std::vector<EventRef>& events,
                               const Period& period) {
    TRY_ASSIGN(const auto values, decimals_of(events));
    switch (rule.aggregation) {
        case Aggregation::kCount:
        case Aggregation::kUnique: break;
        case Aggregation::kSum: return Ratio(sum_of(values));
        case Aggregation::kMin: return Ratio(*std::min_element(values.begin(), values.end()));
        case Aggregation::kMax: return Ratio(*std::max_element(values.begin(), values.end()));
        case Aggregation::kAvg:
            return Ratio::of(sum_of(values), Decimal(static_cast<std::int64_t>(values.size())));
        case Aggregation::kLatest: return Ratio(values.back());
        case Aggregation::kWeightedSum: return weighted_sum(events, values, period);
        case Aggregation::kPercentile: {
            const auto samples = rule.samples ? window_sums(events, values, period, *rule.samples) : values;
            TALLY_ASSERT(rule.percentile.has_value(), "a percentile meter has its p");
            return Ratio(percentile(samples, *rule.percentile));
        }
    }
    TALLY_ASSERT(false, "counts are made without values");
}

}  // namespace

Result<std::vector<Ratio>> event_values(const MeterRule& rule, const std::vector<EventRef>& events) {
    TRY_ASSIGN(const auto decimals, decimals_of(events));
    std::vector<Ratio> values;
    values.reserve(decimals.size());
    for (const Decimal& value : decimals)
        values.emplace_back(value * rule.scale);
    return values;
}

Result<Ratio> aggregate(const MeterRule& rule, const std::vector<EventRef>& events, const Period& period) {
    if (events.empty())
        return Ratio();
    if (rule.aggregation == Aggregation::kCount)
        return Ratio(static_cast<std::int64_t>(events.size())) * rule.scale;
    if (rule.aggregation == Aggregation::kUnique)
        return count_different(events) * rule.scale;
    TRY_ASSIGN(const Ratio value, aggregate_values(rule, events, period));
    return value * rule.scale;
}

std::vector<EventRef> events_that_count(const MeterRule& rule, std::vector<EventRef> events,
                                        const Period& period) {
    std::erase_if(events, [&](const EventRef& ref) {
        return ref.event->time >= period.to || (ref.event->time < period.from && !rule.recurring);
    });
    std::stable_sort(events.begin(), events.end(),
                     [](const EventRef& a, const EventRef& b) { return a.event->time < b.event->time; });
    return events;
}

}  // namespace tally::rating
