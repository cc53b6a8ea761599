#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "capture/capture_log.hpp"
#include "capture/positions.hpp"
#include "delivery/ledger.hpp"
#include "lake/table.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::delivery {

// Names of the summary entries that delivery writes; query and billing read them.
inline constexpr std::string_view kPositionsKey = "tallyman.positions";
inline constexpr std::string_view kBatchIdKey = "tallyman.batch-id";

// What a table says about delivery: where it stands and what it has counted. A value; the only memory that
// delivery has. Nothing else is kept anywhere, so nothing can disagree with the data.
struct DeliveryState {
    std::optional<SnapshotId> snapshot;  // the current one when this was read; nullopt iff the table is empty
    std::string batch_id;                // of the last delivery commit; empty iff nothing was ever delivered
    capture::Positions positions;
    Ledger ledger;

    // kCorruption when snapshots have expired and none of those left says how far delivery came: starting
    // from nothing would deliver everything twice.
    static Result<DeliveryState> read(const lake::TableState& table);
};

// The value of a summary entry; empty when it is not there.
std::string_view summary_value(const lake::SnapshotInfo& snapshot, std::string_view key);

// The snapshots that delivery committed, newest first, from the current one back through its parents. A
// snapshot of maintenance that carries a batch id forward counts as that commit.
std::vector<const lake::SnapshotInfo*> delivery_commits(const lake::TableState& table);

// What one scan of the log and the work on it come to, as counts.
struct BatchFacts {
    capture::Positions next;  // how far the scan came
    capture::Positions kept;  // the same without the writers that are gone for good
    std::vector<capture::SegmentState> segments;
    std::map<Instant, std::uint64_t> delivered;  // rows by the hour of their time
    std::uint64_t refused = 0;  // records that could not become rows; they are in the error output
    std::vector<capture::Damage> damages;
};

// One step of delivery: from the state it was built from to the next. Pure: no clock, no I/O.
//
// Exactly once: the log was scanned from the positions of one commit, and that commit's batch id is random
// and never comes again. So as long as the table's last delivery commit is that one, nobody has delivered
// what this batch holds. The table's pointer moves by compare-and-swap, and can_apply() is asked with the
// very snapshot that the swap expects: of two batches from one base at most one is ever committed.
//
// Forgetting a writer is safe for the same reason. A position is there so that a record found again in the
// folder is not taken again. It may go once no segment of its writer can show up any more: the writer lives
// no longer (a living one always has a segment), its last segment was removed after the commit that took it,
// and that removal survives a power loss. CaptureLog::without_gone_writers tells exactly that, and a writer's
// id belongs to one life of one process. What is left is a second deliverer that still holds records of the
// writer in memory, scanned from a commit before. Positions alone would not stop it, because forgetting makes
// them what they were once; the batch id does.
struct DeliveryStep {
    std::string batch_id;
    capture::Positions positions;
    std::vector<LedgerEntry> added;
    std::uint64_t delivered = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t lost = 0;

    // kCorruption when the counts contradict the sequences: more records than numbers taken means that some
    // would be delivered twice.
    static Result<DeliveryStep> build(const DeliveryState& state, const BatchFacts& facts,
                                      std::string batch_id, Instant now);

    // True while `base`, the snapshot to be built on (nullptr = the table is empty), is one that says the
    // same about delivery as `state`, from which this step was built.
    [[nodiscard]] static bool can_apply(const DeliveryState& state, const lake::SnapshotInfo* base);

    // What the new snapshot's summary says.
    [[nodiscard]] std::map<std::string, std::string> summary(const DeliveryState& state) const;
};

// How many sequences `to` has taken that `from` had not. kCorruption when `to` is behind `from` anywhere.
Result<std::uint64_t> sequences_between(const capture::Positions& from, const capture::Positions& to);

}  // namespace tally::delivery
