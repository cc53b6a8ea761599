#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "lake/column_batch.hpp"
#include "lake/data_file.hpp"
#include "lake/schema.hpp"

#include <cstddef>
#include <vector>

namespace tally::lake {

// Rows of a row group. The requests of one key lie together in a file, so that a query for one key reads one
// or two row groups of each file: small groups read less, large ones cost less to write (bench/lake).
inline constexpr std::size_t kRowGroupRows = 20'480;

// Encodes the batch, which must have passed check_batch(), to a new Parquet file (zstd level 1) and syncs it;
// syncing the folder is the caller's. Memory beyond the batch: about one column of one row group. Returns
// sizes, counts and bounds; path, partition and sort order are the caller's to fill in. After a failure the
// file may be there, in part.
Result<DataFile> write_parquet_file(FileSystem& files, const Path& path, const std::vector<Field>& fields,
                                    const ColumnBatch& batch, std::size_t row_group_rows = kRowGroupRows);

}  // namespace tally::lake
