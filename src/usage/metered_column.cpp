#include "usage/metered_column.hpp"

#include "base/nearest_name.hpp"
#include "usage/dimension_name.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace tally::usage {

Result<MeteredColumn> find_column(std::string_view name) {
    if (auto dimension = dimension_of(name); dimension.has_value())
        return MeteredColumn{kRequestsColumns[requests_column("dimensions")], std::move(dimension)};
    if (name.starts_with("dimensions."))
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{}: a dimension's name has letters a-z, digits, '-' and '_', and begins "
                                 "with a letter, as in dimensions.x-tokens-used",
                                 name)};
    const auto found = std::find_if(kRequestsColumns.begin(), kRequestsColumns.end(),
                                    [&](const ColumnDefinition& column) { return column.name == name; });
    if (found != kRequestsColumns.end())
        return MeteredColumn{*found, std::nullopt};
    std::vector<std::string_view> names;
    for (const ColumnDefinition& column : kRequestsColumns)
        names.push_back(column.name);
    const std::string_view nearest = nearest_name(name, names);
    return Error{ErrorCode::kInvalidArgument,
                 nearest.empty() ? fmt::format("requests has no column {}", name)
                                 : fmt::format("requests has no column {}; did you mean {}?", name, nearest)};
}

bool may_be_number(const MeteredColumn& column) {
    const ColumnType type = column.column.type;
    return column.dimension.has_value() || type == ColumnType::kInt || type == ColumnType::kLong ||
           type == ColumnType::kDouble;
}

std::string text_sql(const MeteredColumn& column) {
    if (column.dimension.has_value())
        return dimension_sql(*column.dimension);
    return fmt::format("CAST(\"{}\" AS VARCHAR)", column.column.name);
}

std::string exact_number_sql(const MeteredColumn& column) {
    const std::string_view name = column.column.name;
    if (column.dimension.has_value())
        return fmt::format(
            "CASE WHEN regexp_full_match({0}, '-?[0-9]{{1,18}}([.][0-9]{{1,9}})?') "
            "THEN CAST(CAST({0} AS DECIMAL(38, 9)) * 1000000000 AS HUGEINT) END",
            dimension_sql(*column.dimension));
    switch (column.column.type) {
        case ColumnType::kInt:
        case ColumnType::kLong: return fmt::format("CAST(\"{}\" AS BIGINT)", name);
        case ColumnType::kDouble: return fmt::format("CAST(round(\"{}\" * 1000000) AS BIGINT)", name);
        case ColumnType::kTimestampTz: return fmt::format("epoch_us(\"{}\")", name);
        case ColumnType::kString: break;
    }
    return fmt::format("\"{}\"", name);
}

std::string exact_text_sql(const MeteredColumn& column) {
    return column.dimension.has_value() ? dimension_sql(*column.dimension) : exact_number_sql(column);
}

int exact_number_scale(const MeteredColumn& column) {
    if (column.dimension.has_value())
        return 9;
    return column.column.type == ColumnType::kDouble ? 6 : 0;
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
