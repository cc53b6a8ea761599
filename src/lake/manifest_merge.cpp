#include "lake/manifest_merge.hpp"

#include "lake/location.hpp"
#include "lake/manifest_builder.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace tally::lake {
namespace {

bool small(const ManifestFile& manifest, int partition_spec_id) {
    return manifest.content == ManifestContent::kData && manifest.partition_spec_id == partition_spec_id &&
           !manifest.key_metadata.has_value() && manifest.live_files() < kManifestEntriesMax / 2;
}

// Streams entries from old manifests into as few new ones as they need.
class Merger {
  public:
    Merger(const MergePlan& plan, std::vector<std::string>& written) : plan_(plan), written_(written) {}

    Status take(const ManifestFile& manifest) {
        TRY_ASSIGN(const Path path, path_of(manifest.path));
        TRY_ASSIGN(std::string content, plan_.files->read(path));
        return for_each_entry(
            std::move(content),
            {.snapshot_id = manifest.added_snapshot_id, .sequence_number = manifest.sequence_number},
            [this](ManifestEntry&& entry) { return take_entry(std::move(entry)); });
    }

    Result<std::vector<ManifestFile>> finish() {
        TRY(close_current());
        return std::move(merged_);
    }

  private:
    Status take_entry(ManifestEntry&& entry) {
        if (entry.status == EntryStatus::kDeleted)
            return {};
        if (!current_.has_value())
            current_.emplace(plan_.header, *plan_.random);
        entry.status = EntryStatus::kExisting;
        TRY(current_->add(entry));
        return current_->entries() == kManifestEntriesMax ? close_current() : Status{};
    }

    Status close_current() {
        if (!current_.has_value())
            return {};
        written_.push_back(fmt::format("{}/{}-{}.avro", plan_.folder, plan_.name, merged_.size()));
        TRY_ASSIGN(ManifestFile line, current_->write(*plan_.files, written_.back()));
        line.sequence_number = plan_.sequence_number;
        line.added_snapshot_id = plan_.snapshot_id;
        merged_.push_back(std::move(line));
        current_.reset();
        return {};
    }

    const MergePlan& plan_;
    std::vector<std::string>& written_;
    std::optional<ManifestBuilder> current_;
    std::vector<ManifestFile> merged_;
};

Result<std::vector<ManifestFile>> merge(const MergePlan& plan, const std::vector<ManifestFile>& manifests,
                                        std::vector<std::string>& written) {
    Merger merger(plan, written);
    for (const ManifestFile& manifest : manifests)
        TRY(merger.take(manifest));
    return merger.finish();
}

}  // namespace

Result<std::vector<ManifestFile>> merge_small_manifests(const MergePlan& plan,
                                                        std::vector<ManifestFile> manifests,
                                                        std::vector<std::string>& written) {
    std::vector<ManifestFile> kept;
    std::vector<ManifestFile> to_merge;
    for (const ManifestFile& manifest : manifests)
        (small(manifest, plan.header.partition_spec_id) ? to_merge : kept).push_back(manifest);
    if (to_merge.size() <= kSmallManifestsMax)
        return manifests;
    auto merged = merge(plan, to_merge, written);
    if (!merged.ok() && merged.error().code == ErrorCode::kUnsupported) {
        // Merging is a favour to readers: the table is as good without it.
        remove_unreferenced(*plan.files, written);
        return manifests;
    }
    if (!merged.ok())
        return std::move(merged).error().within("merging manifests");
    kept.insert(kept.end(), std::make_move_iterator(merged->begin()), std::make_move_iterator(merged->end()));
    return kept;
}

}  // namespace tally::lake
