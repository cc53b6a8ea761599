#pragma once

#include "base/result.hpp"
#include "lake/manifest_list.hpp"
#include "lake/metadata_cache.hpp"
#include "lake/table.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tally::lake {

// One append to a table, from its files to the moved pointer. Each round begins with a fresh look:
//
//   look ── our snapshot is in the table ─────────────────────────► done
//    │ └─── the pointer is still where we wanted to move it from ─► swap once more (the same swap: harmless
//    │                                                              if the first one is only late)
//    └───── the pointer is elsewhere: what we wrote on top of the old state has lost for good
//           └─► remove it, build on the new state, swap
//
// A conflict and a lost answer both lead to the next round; only the look decides. When the rounds run out,
// or the look fails, after an answer was lost, the outcome is unknown and nothing is removed.
class AppendCommit {
  public:
    // All must outlive it.
    AppendCommit(const LakeServices& services, MetadataCache& metadata, const Append& change);

    Result<SnapshotId> run();

  private:
    using Base = std::shared_ptr<const LoadedMetadata>;

    // What one round wants to make current.
    struct Candidate {
        std::string expected;                 // where the pointer is
        std::string next;                     // where it shall be
        std::vector<std::string> written;     // files of this round alone
        std::vector<std::string> superseded;  // old metadata files to remove after success
    };

    Status build(const Base& base);
    Status write_added_manifests(const LoadedMetadata& base);
    Result<SnapshotInfo> next_snapshot(const LoadedMetadata& base) const;
    Result<std::vector<ManifestFile>> next_manifests(const LoadedMetadata& base,
                                                     const SnapshotInfo& snapshot);
    Status write_round(const LoadedMetadata& base, SnapshotInfo snapshot);
    Result<bool> swap();
    SnapshotId succeed();
    Error fail(Error error);

    const LakeServices& services_;
    MetadataCache& metadata_;
    const Append& change_;
    SnapshotId id_;
    std::string uuid_;
    std::size_t round_ = 0;
    std::size_t lost_answers_ = 0;  // of swaps to candidate_, which may still have happened
    std::optional<Candidate> candidate_;
    std::vector<ManifestFile> added_;  // good for every round
    std::vector<std::string> added_written_;
};

}  // namespace tally::lake
