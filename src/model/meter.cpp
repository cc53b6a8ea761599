#include "model/meter.hpp"

#include <array>
#include <utility>

namespace tally {
namespace {

constexpr std::array<std::pair<Aggregation, std::string_view>, 9> kNames = {{
    {Aggregation::kCount, "count"},
    {Aggregation::kSum, "sum"},
    {Aggregation::kMin, "min"},
    {Aggregation::kMax, "max"},
    {Aggregation::kAvg, "avg"},
    {Aggregation::kUnique, "unique"},
    {Aggregation::kLatest, "latest"},
    {Aggregation::kWeightedSum, "weighted_sum"},
    {Aggregation::kPercentile, "percentile"},
}};

}  // namespace

Result<Aggregation> parse_aggregation(std::string_view name) {
    for (const auto& [aggregation, text] : kNames)
        if (text == name)
            return aggregation;
    return Error{
        ErrorCode::kInvalidArgument,
        "\"" + std::string(name) +
            "\" is not an aggregation; use count, sum, min, max, avg, unique, latest, weighted_sum or "
            "percentile"};
}

std::string_view aggregation_name(Aggregation aggregation) {
    for (const auto& [known, text] : kNames)
        if (known == aggregation)
            return text;
    return "";
}

}  // namespace tally
