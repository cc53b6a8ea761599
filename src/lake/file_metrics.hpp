#pragma once

#include "lake/column_batch.hpp"
#include "lake/data_file.hpp"
#include "lake/schema.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tally::lake {

// What Parquet's footer says about one column in one row group. Bounds are in Parquet's plain encoding,
// without NaN, which for our types is Iceberg's single-value serialization.
struct ChunkMetrics {
    std::int64_t compressed_size = 0;
    std::int64_t values = 0;  // nulls included
    std::optional<std::int64_t> nulls = {};
    std::optional<std::string> min = {};
    std::optional<std::string> max = {};
};

// Sums up a column's row groups into the file's entries for it. A bound is given only when it is known for
// every row group that holds a value.
void add_column_metrics(const Field& field, const Column& column, const std::vector<ChunkMetrics>& chunks,
                        DataFile& file);

}  // namespace tally::lake
