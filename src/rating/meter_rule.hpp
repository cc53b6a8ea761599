#pragma once

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "model/meter.hpp"

#include <optional>
#include <string>

namespace tally::rating {

// How the raw values of a meter become one quantity where rating itself has to do it: the part of a meter's
// definition that needs no data folder. Filters and paths are the business of the stage that reads the
// records.
struct MeterRule {
    std::string code;
    Aggregation aggregation = Aggregation::kSum;
    Decimal scale = 1;                    // the aggregate is multiplied by this
    std::optional<Decimal> percentile;    // 0 < p <= 1; set iff the aggregation is percentile
    std::optional<Microseconds> samples;  // percentile: values are summed in windows of this length first
    bool recurring = false;               // the last value from before the period is carried in
};

}  // namespace tally::rating
