#include "lake/file_metrics.hpp"

#include "base/assert.hpp"
#include "lake/bounds.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <variant>

namespace tally::lake {
namespace {

template <class T>
T number_of(std::string_view bytes) {
    TALLY_ASSERT(bytes.size() == sizeof(T), "a bound of another width than its type");
    T value{};
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
}

bool less(ColumnType type, std::string_view a, std::string_view b) {
    switch (type) {
        case ColumnType::kString: return a < b;
        case ColumnType::kInt: return number_of<std::int32_t>(a) < number_of<std::int32_t>(b);
        case ColumnType::kLong:
        case ColumnType::kTimestampTz: return number_of<std::int64_t>(a) < number_of<std::int64_t>(b);
        case ColumnType::kDouble: return number_of<double>(a) < number_of<double>(b);
    }
    return false;
}

std::int64_t nan_count(const Numbers<double>& column) {
    std::int64_t count = 0;
    for (std::size_t i = 0; i < column.values.size(); ++i)
        if (std::isnan(column.values[i]) && (column.null.empty() || !column.null[i]))
            ++count;
    return count;
}

void add_bounds(const Field& field, const std::vector<ChunkMetrics>& chunks, DataFile& file) {
    std::optional<std::string> low;
    std::optional<std::string> high;
    for (const ChunkMetrics& chunk : chunks) {
        if (chunk.nulls == chunk.values)
            continue;
        if (!chunk.min.has_value() || !chunk.max.has_value())
            return;
        if (!low.has_value() || less(field.type, *chunk.min, *low))
            low = chunk.min;
        if (!high.has_value() || less(field.type, *high, *chunk.max))
            high = chunk.max;
    }
    if (!low.has_value() || !high.has_value())
        return;
    if (field.type == ColumnType::kString) {
        low = std::string(lower_string_bound(*low));
        high = upper_string_bound(*high);
    }
    file.lower_bounds[field.id] = std::move(*low);
    if (high.has_value())
        file.upper_bounds[field.id] = std::move(*high);
}

}  // namespace

void add_column_metrics(const Field& field, const Column& column, const std::vector<ChunkMetrics>& chunks,
                        DataFile& file) {
    std::optional<std::int64_t> nulls = 0;
    for (const ChunkMetrics& chunk : chunks) {
        file.column_sizes[field.id] += chunk.compressed_size;
        file.value_counts[field.id] += chunk.values;
        nulls = nulls.has_value() && chunk.nulls.has_value() ? std::optional(*nulls + *chunk.nulls)
                                                             : std::nullopt;
    }
    if (nulls.has_value())
        file.null_value_counts[field.id] = *nulls;
    if (const auto* doubles = std::get_if<Numbers<double>>(&column))
        file.nan_value_counts[field.id] = nan_count(*doubles);
    add_bounds(field, chunks, file);
}

}  // namespace tally::lake
