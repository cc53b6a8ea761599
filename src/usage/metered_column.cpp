#include "usage/metered_column.hpp"

#include "base/nearest_name.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace tally::usage {

Result<ColumnDefinition> find_column(std::string_view name) {
    const auto found = std::find_if(kRequestsColumns.begin(), kRequestsColumns.end(),
                                    [&](const ColumnDefinition& column) { return column.name == name; });
    if (found != kRequestsColumns.end())
        return *found;
    std::vector<std::string_view> names;
    for (const ColumnDefinition& column : kRequestsColumns)
        names.push_back(column.name);
    const std::string_view nearest = nearest_name(name, names);
    return Error{ErrorCode::kInvalidArgument,
                 nearest.empty() ? fmt::format("requests has no column {}", name)
                                 : fmt::format("requests has no column {}; did you mean {}?", name, nearest)};
}

bool is_number(ColumnType type) {
    return type == ColumnType::kInt || type == ColumnType::kLong || type == ColumnType::kDouble;
}

std::string exact_value_sql(const ColumnDefinition& column) {
    switch (column.type) {
        case ColumnType::kInt:
        case ColumnType::kLong: return fmt::format("CAST(\"{}\" AS BIGINT)", column.name);
        case ColumnType::kDouble: return fmt::format("CAST(round(\"{}\" * 1000000) AS BIGINT)", column.name);
        case ColumnType::kTimestampTz: return fmt::format("epoch_us(\"{}\")", column.name);
        case ColumnType::kString: break;
    }
    return fmt::format("\"{}\"", column.name);
}

int exact_value_scale(const ColumnDefinition& column) {
    return column.type == ColumnType::kDouble ? 6 : 0;
}

Status check_supported(const Meter& meter) {
    if (meter.source != "requests")
        return Error{ErrorCode::kUnsupported,
                     fmt::format("meter {}: the source {} cannot be metered yet, only requests can",
                                 meter.code, meter.source),
                     "/source"};
    if (meter.aggregation == Aggregation::kWeightedSum || meter.aggregation == Aggregation::kPercentile)
        return Error{ErrorCode::kUnsupported,
                     fmt::format("meter {}: the aggregation {} cannot be computed yet", meter.code,
                                 aggregation_name(meter.aggregation)),
                     "/aggregation"};
    return {};
}

}  // namespace tally::usage
