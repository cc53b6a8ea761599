#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "lake/manifest.hpp"
#include "lake/schema.hpp"
#include "lake/table.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tally::lake {

// What a metadata file (table spec, "Table Metadata", format version 2) says, as far as it matters here.
struct TableMetadata {
    std::string uuid;
    std::string location;
    std::int64_t last_sequence_number = 0;
    std::int64_t last_updated_ms = 0;
    std::vector<Field> fields;  // of the current schema
    std::string partition_by;   // the column whose day is the partition
    ManifestHeader manifest_header;
    int sort_order_id = 0;
    std::vector<std::string> sort_by;
    std::vector<SnapshotInfo> snapshots;  // oldest first
    std::optional<SnapshotId> current;
};

// kUnsupported for a table that is not ours to read: another format version, types that Tallyman does not
// use, or a partition spec other than one day(…). kCorruption for what is no metadata file.
Result<TableMetadata> parse_table_metadata(std::string_view json);

// The first metadata file of a table: no snapshot yet.
Result<std::string> new_table_metadata(const TableDefinition& definition, std::string_view uuid,
                                       std::string_view location, Instant now);

// The metadata file after a commit.
struct NextMetadata {
    std::string json;
    // Metadata files that fell off the log and, by the table's property
    // write.metadata.delete-after-commit.enabled, are to be removed once the commit is certain.
    std::vector<std::string> expired_files;
};

// Where the metadata file that follows the one at `location` lies: its number is one more.
std::string next_metadata_location(const TableMetadata& table, std::string_view location,
                                   std::string_view uuid);

// `json` with a new current schema that has the columns of `fields`, of which the first are those that the
// table has already and the rest are optional and new. Snapshots and files keep the schema that they were
// written with; readers find null in the new columns of old files, by their field ids. kUnsupported for a
// column whose id the table has given to another column before. `location` is where `json` itself lies.
Result<std::string> add_columns(std::string_view json, std::string_view location,
                                const std::vector<Field>& fields, Instant now);

// `json` with one snapshot more, which becomes the current one of branch main. All that is not concerned,
// known here or not, stays as it is. `location` is where `json` itself lies.
Result<NextMetadata> add_snapshot(std::string_view json, std::string_view location,
                                  const SnapshotInfo& snapshot);

}  // namespace tally::lake
