#include "lake/manifest_builder.hpp"

#include "base/assert.hpp"
#include "lake/bounds.hpp"
#include "lake/location.hpp"

#include <algorithm>

namespace tally::lake {

ManifestBuilder::ManifestBuilder(const ManifestHeader& header, RandomSource& random)
    : writer_(header, random) {
    line_.partition_spec_id = header.partition_spec_id;
    line_.min_sequence_number = std::numeric_limits<std::int64_t>::max();
}

Status ManifestBuilder::add(const ManifestEntry& entry) {
    TALLY_ASSERT(entry.status != EntryStatus::kDeleted, "appends and merges write live files only");
    if (entry.status == EntryStatus::kAdded) {
        ++line_.added_files;
        line_.added_rows += entry.file.record_count;
    } else {
        TALLY_ASSERT(entry.sequence_number.has_value(), "an existing file keeps its sequence number");
        ++line_.existing_files;
        line_.existing_rows += entry.file.record_count;
        line_.min_sequence_number = std::min(line_.min_sequence_number, *entry.sequence_number);
    }
    day_min_ = std::min(day_min_, entry.file.partition_day);
    day_max_ = std::max(day_max_, entry.file.partition_day);
    return writer_.add(entry);
}

Result<ManifestFile> ManifestBuilder::write(FileSystem& files, const std::string& location) {
    TALLY_ASSERT(entries() > 0, "a manifest without entries is not written");
    TRY_ASSIGN(const std::string content, writer_.finish());
    TRY_ASSIGN(const Path path, path_of(location));
    TRY(write_new_file(files, path, content));
    line_.path = location;
    line_.length = static_cast<std::int64_t>(content.size());
    line_.partitions = {{.contains_null = false,
                         .contains_nan = false,
                         .lower_bound = serialize_int(day_min_),
                         .upper_bound = serialize_int(day_max_)}};
    return line_;
}

}  // namespace tally::lake
