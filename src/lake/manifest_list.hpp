#pragma once

#include "base/random.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tally::lake {

enum class ManifestContent { kData = 0, kDeletes = 1 };

// What a partition field's values are in one manifest. Bounds are single-value serialized.
struct PartitionSummary {
    bool contains_null = false;
    std::optional<bool> contains_nan;
    std::optional<std::string> lower_bound;
    std::optional<std::string> upper_bound;
    bool operator==(const PartitionSummary&) const = default;
};

// A line of a manifest list.
struct ManifestFile {
    std::string path;
    std::int64_t length = 0;
    int partition_spec_id = 0;
    ManifestContent content = ManifestContent::kData;
    std::int64_t sequence_number = 0;
    std::int64_t min_sequence_number = 0;
    std::int64_t added_snapshot_id = 0;
    std::int32_t added_files = 0;
    std::int32_t existing_files = 0;
    std::int32_t deleted_files = 0;
    std::int64_t added_rows = 0;
    std::int64_t existing_rows = 0;
    std::int64_t deleted_rows = 0;
    std::vector<PartitionSummary> partitions;
    std::optional<std::string> key_metadata;
    bool operator==(const ManifestFile&) const = default;

    [[nodiscard]] std::int64_t live_files() const { return std::int64_t{added_files} + existing_files; }
};

struct ManifestListHeader {
    std::int64_t snapshot_id = 0;
    std::optional<std::int64_t> parent_snapshot_id;
    std::int64_t sequence_number = 0;
};

Result<std::string> encode_manifest_list(const ManifestListHeader& header,
                                         const std::vector<ManifestFile>& manifests, RandomSource& random);

Result<std::vector<ManifestFile>> decode_manifest_list(std::string file);

}  // namespace tally::lake
