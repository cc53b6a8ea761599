#pragma once

#include "base/result.hpp"
#include "lake/column_batch.hpp"
#include "lake/schema.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace tally::lake {

// kInvalidArgument when the batch does not suit the fields: count or type of columns, their lengths, null in
// a required column, text that is not UTF-8.
Status check_batch(const std::vector<Field>& fields, const ColumnBatch& batch);

// kInvalidArgument when a row of the timestamp column `partition_by` is not of that UTC day: such a file
// would be skipped by readers that look for the row.
Status check_partition(const std::vector<Field>& fields, const ColumnBatch& batch,
                       std::string_view partition_by, std::int32_t day);

}  // namespace tally::lake
