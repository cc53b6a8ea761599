#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "lake/data_file.hpp"
#include "lake/manifest_list.hpp"
#include "lake/table.hpp"

#include <vector>

namespace tally::lake {

Result<std::vector<ManifestFile>> read_manifest_list(FileSystem& files, const SnapshotInfo& snapshot);

// All live data files of a snapshot. kUnsupported when it has delete files, which are not applied here.
Result<std::vector<DataFile>> read_data_files(FileSystem& files, const SnapshotInfo& snapshot);

// Rows, files and bytes of a snapshot: from its summary, or counted where the writer left them out.
Result<TableTotals> totals_of(FileSystem& files, const SnapshotInfo& snapshot);

}  // namespace tally::lake
