#pragma once

#include "base/random.hpp"
#include "base/result.hpp"
#include "lake/avro_writer.hpp"
#include "lake/data_file.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tally::lake {

enum class EntryStatus { kExisting = 0, kAdded = 1, kDeleted = 2 };

// A line of a manifest. Ids and sequence numbers are null in the file where they are those of the snapshot
// that the manifest was written for; for_each_entry() fills them in.
struct ManifestEntry {
    EntryStatus status = EntryStatus::kAdded;
    std::optional<std::int64_t> snapshot_id;
    std::optional<std::int64_t> sequence_number;
    std::optional<std::int64_t> file_sequence_number;
    DataFile file;
    bool operator==(const ManifestEntry&) const = default;
};

// What the header of a manifest says about the table: the schema and partition spec that its files follow.
struct ManifestHeader {
    std::string schema_json;
    int schema_id = 0;
    std::string partition_fields_json;  // the spec's list of fields
    int partition_spec_id = 0;
    std::string partition_field_name;  // of the one field, day(…)
    int partition_field_id = 1000;
};

// Encodes one manifest of data files (format version 2) in memory.
class ManifestWriter {
  public:
    ManifestWriter(const ManifestHeader& header, RandomSource& random);
    Status add(const ManifestEntry& entry);
    Result<std::string> finish();

  private:
    AvroFileWriter file_;
    AvroEncoder entry_;
};

// What entries inherit from their manifest's line in the manifest list.
struct ManifestInheritance {
    std::int64_t snapshot_id = 0;
    std::int64_t sequence_number = 0;
};

// Calls `take` for each entry, deleted ones too, until it fails. kUnsupported for what this reader would
// misread: delete files, formats other than Parquet, encrypted files, partitions other than one day.
Status for_each_entry(std::string manifest, const ManifestInheritance& inherited,
                      const std::function<Status(ManifestEntry&&)>& take);

}  // namespace tally::lake
