#pragma once

#include "base/decimal.hpp"
#include "base/strong_id.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tally {

enum class Aggregation { kCount, kSum, kMin, kMax, kAvg, kUnique, kLatest, kWeightedSum, kPercentile };

Result<Aggregation> parse_aggregation(std::string_view name);
std::string_view aggregation_name(Aggregation aggregation);

// What is counted. Versions are immutable: changing a meter makes the next version. Shape:
// docs/formats/meter.md.
struct Meter {
    MeterId id;
    int version = 1;
    std::string code;                 // unique, [a-z0-9_]{1,64}
    std::string source = "requests";  // "requests" or an event type
    Aggregation aggregation = Aggregation::kCount;
    std::string value;   // column or JSON path; empty for count
    Decimal scale = 1;   // the aggregate is multiplied by this, e.g. 1e-9 for bytes to GB
    std::string filter;  // SQL condition over the same names; empty = all
    std::vector<std::string> group_by;
};

}  // namespace tally
