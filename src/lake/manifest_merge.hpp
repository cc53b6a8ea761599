#pragma once

#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "lake/manifest.hpp"
#include "lake/manifest_list.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tally::lake {

// Readers open every manifest that a query does not prune, and some fail on manifests of more than about
// 2,000 entries (duckdb-iceberg #1335). So many small ones become few, and none grows beyond a bound.
inline constexpr std::int64_t kManifestEntriesMax = 1'500;
inline constexpr std::size_t kSmallManifestsMax = 50;

struct MergePlan {
    FileSystem* files = nullptr;
    RandomSource* random = nullptr;
    ManifestHeader header;  // of the table as it is now
    std::string folder;     // location of the metadata folder
    std::string name;       // the new manifests are named <name>-<n>.avro
    std::int64_t snapshot_id = 0;
    std::int64_t sequence_number = 0;
};

// When more than kSmallManifestsMax manifests are less than half full, those are replaced by full ones, in
// their order. Entries keep their snapshot and sequence numbers; deleted ones go. Otherwise, and where a
// manifest holds what we do not write (delete files, another partition spec), the list comes back as it is.
// The locations of new manifests are added to `written`, also on failure.
Result<std::vector<ManifestFile>> merge_small_manifests(const MergePlan& plan,
                                                        std::vector<ManifestFile> manifests,
                                                        std::vector<std::string>& written);

}  // namespace tally::lake
