#include "lake/snapshot_files.hpp"

#include "lake/location.hpp"
#include "lake/manifest.hpp"
#include "lake/snapshot_summary.hpp"

#include <utility>

#include <fmt/format.h>

namespace tally::lake {
namespace {

Status read_manifest(FileSystem& files, const ManifestFile& manifest, std::vector<DataFile>& out) {
    if (manifest.content == ManifestContent::kDeletes)
        return Error{ErrorCode::kUnsupported,
                     "the table has delete files (merge-on-read), which are not applied here; let the engine "
                     "that wrote them rewrite the data files"};
    TRY_ASSIGN(const Path path, path_of(manifest.path));
    TRY_ASSIGN(std::string content, files.read(path));
    Status read = for_each_entry(
        std::move(content),
        {.snapshot_id = manifest.added_snapshot_id, .sequence_number = manifest.sequence_number},
        [&out](ManifestEntry&& entry) -> Status {
            if (entry.status != EntryStatus::kDeleted)
                out.push_back(std::move(entry.file));
            return {};
        });
    if (!read.ok())
        return std::move(read).error().within(fmt::format("reading {}", path.string()));
    return {};
}

}  // namespace

Result<std::vector<ManifestFile>> read_manifest_list(FileSystem& files, const SnapshotInfo& snapshot) {
    TRY_ASSIGN(const Path path, path_of(snapshot.manifest_list));
    TRY_ASSIGN(std::string content, files.read(path));
    auto manifests = decode_manifest_list(std::move(content));
    if (!manifests.ok())
        return std::move(manifests).error().within(fmt::format("reading {}", path.string()));
    return manifests;
}

Result<std::vector<DataFile>> read_data_files(FileSystem& files, const SnapshotInfo& snapshot) {
    TRY_ASSIGN(const auto manifests, read_manifest_list(files, snapshot));
    std::vector<DataFile> out;
    for (const ManifestFile& manifest : manifests)
        if (manifest.live_files() > 0)
            TRY(read_manifest(files, manifest, out));
    return out;
}

Result<TableTotals> totals_of(FileSystem& files, const SnapshotInfo& snapshot) {
    const auto rows = summary_counter(snapshot.summary, kTotalRecords);
    const auto count = summary_counter(snapshot.summary, kTotalDataFiles);
    const auto bytes = summary_counter(snapshot.summary, kTotalFilesSize);
    if (rows.has_value() && count.has_value() && bytes.has_value())
        return TableTotals{.rows = *rows, .files = *count, .bytes = *bytes};
    TRY_ASSIGN(const auto data_files, read_data_files(files, snapshot));
    TableTotals counted;
    for (const DataFile& file : data_files) {
        counted.rows += file.record_count;
        counted.bytes += file.file_size;
        ++counted.files;
    }
    return counted;
}

}  // namespace tally::lake
