#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tally::lake {

// One Parquet file and what a reader needs to know to skip it. Keys of the maps are field ids. Bounds are
// Iceberg single-value serialized (spec appendix D): strings cut to 16 characters, the upper one rounded up.
struct DataFile {
    std::string path;                // absolute URI, "file:///…"
    std::int32_t partition_day = 0;  // days since 1970-01-01
    std::int64_t record_count = 0;
    std::int64_t file_size = 0;
    std::map<int, std::int64_t> column_sizes;
    std::map<int, std::int64_t> value_counts;
    std::map<int, std::int64_t> null_value_counts;
    std::map<int, std::int64_t> nan_value_counts;  // of double columns; bounds leave NaN out
    std::map<int, std::string> lower_bounds;
    std::map<int, std::string> upper_bounds;
    std::vector<std::int64_t> split_offsets;
    int sort_order_id = 1;  // 0 = unsorted
    bool operator==(const DataFile&) const = default;
};

}  // namespace tally::lake
