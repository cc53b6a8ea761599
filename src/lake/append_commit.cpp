#include "lake/append_commit.hpp"

#include "lake/location.hpp"
#include "lake/manifest_builder.hpp"
#include "lake/manifest_merge.hpp"
#include "lake/snapshot_files.hpp"
#include "lake/snapshot_summary.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace tally::lake {
namespace {

constexpr std::size_t kRoundsMax = 100;
constexpr std::size_t kLostAnswersMax = 5;  // in a row, for one candidate

std::string metadata_folder(const TableMetadata& table) {
    return table.location + "/metadata";
}

Instant whole_milliseconds(Instant at) {
    return Instant{std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch())};
}

SnapshotId new_snapshot_id(RandomSource& random) {
    while (true) {
        const auto id = static_cast<std::int64_t>(random.next_u64() >> 1U);
        if (id > 0)
            return SnapshotId(id);
    }
}

// Whether a failed swap may have happened all the same. A store that met an error of its disk or of its own
// does not know either.
bool leaves_doubt(ErrorCode code) {
    return code == ErrorCode::kUnknownOutcome || code == ErrorCode::kIo || code == ErrorCode::kInternal;
}

bool contains(const TableMetadata& table, SnapshotId id) {
    return std::any_of(table.snapshots.begin(), table.snapshots.end(),
                       [id](const SnapshotInfo& snapshot) { return snapshot.id == id; });
}

const SnapshotInfo* current_of(const TableMetadata& table) {
    for (const SnapshotInfo& snapshot : table.snapshots)
        if (snapshot.id == table.current)
            return &snapshot;
    return nullptr;
}

}  // namespace

AppendCommit::AppendCommit(const LakeServices& services, MetadataCache& metadata, const Append& change)
    : services_(services),
      metadata_(metadata),
      change_(change),
      id_(new_snapshot_id(*services.random)),
      uuid_(make_uuid(*services.random)) {}

Result<SnapshotId> AppendCommit::run() {
    for (round_ = 1; round_ <= kRoundsMax; ++round_) {
        auto base = metadata_.current();
        if (!base.ok())
            return fail(std::move(base).error());
        if (candidate_.has_value() && contains((*base)->table, id_))
            return succeed();
        if (!candidate_.has_value() || candidate_->expected != (*base)->location)
            if (Status built = build(*base); !built.ok())
                return fail(std::move(built).error());
        auto swapped = swap();
        if (!swapped.ok())
            return fail(std::move(swapped).error());
        if (*swapped)
            return succeed();
    }
    return fail(
        {ErrorCode::kConflict, fmt::format("table {} was changed by others {} times while this commit "
                                           "was tried; try again later",
                                           metadata_.name(), kRoundsMax)});
}

// The pointer has left candidate_->expected for a state without our snapshot. No later swap can be from
// there, because every metadata file has a name of its own: the candidate has lost, and its files are
// nobody's.
Status AppendCommit::build(const Base& base) {
    if (candidate_.has_value())
        remove_unreferenced(*services_.files, candidate_->written);
    lost_answers_ = 0;
    while (added_.empty() && contains(base->table, id_))
        id_ = new_snapshot_id(*services_.random);
    candidate_ = Candidate{.expected = base->location, .next = {}, .written = {}, .superseded = {}};
    TRY_ASSIGN(SnapshotInfo snapshot, next_snapshot(*base));
    TRY(write_added_manifests(*base));
    return write_round(*base, std::move(snapshot));
}

Status AppendCommit::write_added_manifests(const LoadedMetadata& base) {
    if (!added_.empty() || change_.files.empty())
        return {};
    std::optional<ManifestBuilder> builder;
    const auto close = [&]() -> Status {
        added_written_.push_back(
            fmt::format("{}/{}-m{}.avro", metadata_folder(base.table), uuid_, added_.size()));
        TRY_ASSIGN(auto line, builder->write(*services_.files, added_written_.back()));
        added_.push_back(std::move(line));
        builder.reset();
        return {};
    };
    for (const DataFile& file : change_.files) {
        if (!builder.has_value())
            builder.emplace(base.table.manifest_header, *services_.random);
        TRY(builder->add({.status = EntryStatus::kAdded,
                          .snapshot_id = id_.value(),
                          .sequence_number = std::nullopt,
                          .file_sequence_number = std::nullopt,
                          .file = file}));
        if (builder->entries() == kManifestEntriesMax)
            TRY(close());
    }
    return builder.has_value() ? close() : Status{};
}

Result<SnapshotInfo> AppendCommit::next_snapshot(const LoadedMetadata& base) const {
    const SnapshotInfo* parent = current_of(base.table);
    SnapshotInfo next;
    next.id = id_;
    if (parent != nullptr)
        next.parent = parent->id;
    next.sequence_number = base.table.last_sequence_number + 1;
    const Instant updated{std::chrono::milliseconds(base.table.last_updated_ms)};
    next.committed_at = std::max(whole_milliseconds(services_.clock->now()), updated);
    TableTotals before;
    if (parent != nullptr) {
        TRY_ASSIGN(before, totals_of(*services_.files, *parent));
    }
    next.summary = append_summary(change_.files, before);
    if (change_.summary) {
        TRY_ASSIGN(auto own, change_.summary(parent));
        next.summary.merge(std::move(own));
    }
    return next;
}

Result<std::vector<ManifestFile>> AppendCommit::next_manifests(const LoadedMetadata& base,
                                                               const SnapshotInfo& snapshot) {
    std::vector<ManifestFile> manifests;
    if (const SnapshotInfo* parent = current_of(base.table)) {
        TRY_ASSIGN(manifests, read_manifest_list(*services_.files, *parent));
    }
    std::erase_if(manifests, [](const ManifestFile& manifest) { return manifest.live_files() == 0; });
    const MergePlan plan{.files = services_.files,
                         .random = services_.random,
                         .header = base.table.manifest_header,
                         .folder = metadata_folder(base.table),
                         .name = fmt::format("{}-{}-merged", uuid_, round_),
                         .snapshot_id = id_.value(),
                         .sequence_number = snapshot.sequence_number};
    TRY_ASSIGN(manifests, merge_small_manifests(plan, std::move(manifests), candidate_->written));
    for (ManifestFile manifest : added_) {
        manifest.sequence_number = snapshot.sequence_number;
        manifest.min_sequence_number = snapshot.sequence_number;
        manifest.added_snapshot_id = id_.value();
        manifests.push_back(std::move(manifest));
    }
    return manifests;
}

Status AppendCommit::write_round(const LoadedMetadata& base, SnapshotInfo snapshot) {
    TRY_ASSIGN(const auto manifests, next_manifests(base, snapshot));
    const std::string folder = metadata_folder(base.table);
    const auto write = [&](std::string location, std::string_view content) -> Result<std::string> {
        TRY_ASSIGN(const Path path, path_of(location));
        candidate_->written.push_back(location);
        TRY(write_new_file(*services_.files, path, content));
        return location;
    };
    std::optional<std::int64_t> parent;
    if (snapshot.parent.has_value())
        parent = snapshot.parent->value();
    TRY_ASSIGN(const std::string list, encode_manifest_list({.snapshot_id = id_.value(),
                                                             .parent_snapshot_id = parent,
                                                             .sequence_number = snapshot.sequence_number},
                                                            manifests, *services_.random));
    TRY_ASSIGN(snapshot.manifest_list,
               write(fmt::format("{}/snap-{}-{}-{}.avro", folder, id_.value(), round_, uuid_), list));
    TRY_ASSIGN(auto next, add_snapshot(base.file_json, base.location, snapshot));
    TRY_ASSIGN(
        candidate_->next,
        write(next_metadata_location(base.table, base.location, make_uuid(*services_.random)), next.json));
    for (std::string& file : next.expired_files)
        if (file.starts_with(folder + "/") && file.rfind('/') == folder.size())
            candidate_->superseded.push_back(std::move(file));
    return {};
}

// True when the pointer has moved; false when only a fresh look can tell.
Result<bool> AppendCommit::swap() {
    Status swapped = services_.pointers->swap(metadata_.name(), candidate_->expected, candidate_->next);
    if (swapped.ok())
        return true;
    if (swapped.error().code == ErrorCode::kConflict)
        return false;
    if (!leaves_doubt(swapped.error().code))
        return std::move(swapped).error();
    ++lost_answers_;
    if (lost_answers_ == kLostAnswersMax)
        return std::move(swapped).error();
    return false;
}

SnapshotId AppendCommit::succeed() {
    remove_unreferenced(*services_.files, candidate_->superseded);
    return id_;
}

Error AppendCommit::fail(Error error) {
    if (lost_answers_ > 0)
        return {ErrorCode::kUnknownOutcome,
                fmt::format("whether snapshot {} became part of {} is not known: {}", id_.value(),
                            metadata_.name(), error.message)};
    if (candidate_.has_value())
        remove_unreferenced(*services_.files, candidate_->written);
    remove_unreferenced(*services_.files, added_written_);
    return error;
}

}  // namespace tally::lake
