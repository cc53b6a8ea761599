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
inline constexpr std::string_view kAbsentWritersKey = "tallyman.absent-writers";

// Writers in the positions that had no segment left, and since when. Bounds how long their positions stay.
using AbsentWriters = std::map<std::uint64_t, Instant>;
inline constexpr std::chrono::hours kAbsentWriterKept{24};
inline constexpr std::size_t kAbsentWritersMax = 256;

// What a table says about delivery: where it stands and what it has counted. A value; the only memory that
// delivery has. Nothing else is kept anywhere, so nothing can disagree with the data.
struct DeliveryState {
    std::optional<SnapshotId> snapshot;  // the current one when this was read; nullopt iff the table is empty
    std::string batch_id;                // of the last delivery commit; empty iff nothing was ever delivered
    capture::Positions positions;
    AbsentWriters absent;
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
    capture::Positions next;
    std::vector<capture::SegmentState> segments;
    std::map<Instant, std::uint64_t> delivered;  // rows by the hour of their time
    std::uint64_t refused = 0;  // records that could not become rows; they are in the error output
    std::vector<capture::Damage> damages;
};

// One step of delivery: from the state it was built from to the next. Pure: no clock, no I/O.
//
// Exactly once: `base_batch_id` names the commit whose positions the log was scanned from. Batch ids are
// random and never come again, so as long as the table's last delivery commit is that one, nobody has
// delivered what this batch holds. The table's pointer moves by compare-and-swap and can_apply() is asked
// with the very snapshot that the swap expects: of two batches from one base at most one is ever committed.
// Positions alone would not do, for they can come back to an earlier value when a writer is forgotten.
struct DeliveryStep {
    std::string batch_id;
    capture::Positions positions;
    AbsentWriters absent;
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

// The positions of writers that are gone are dropped, so that they do not grow for ever. When that is safe:
//
// A position is there so that a record found in the folder again is not taken again. A writer's id is random
// and belongs to one life of one process. So its position may go once no segment of it can show up any more.
//  1. No segment of it is in the folder, as listed by the scan of this very batch. Segments go only through
//     remove_taken, after the commit that took them.
//  2. The removals are durable: Delivery syncs the folder between that scan and this commit, so that no power
//     loss brings a segment back.
//  3. The writer does not come back. While it lives it keeps a segment open, unless the disk is full: then it
//     may be without one until there is room. Hence the day of waiting (kAbsentWriterKept), counted from the
//     commit that saw it gone first. Should it come back after that, nothing is delivered twice (its
//     sequences go on), but those of its former life would look lost.
//  4. A second deliverer that still holds records of it in memory cannot commit them (DeliveryStep).
// More than kAbsentWritersMax, as a crash loop makes them, are dropped early, longest absent first.
// Returns how many records are lost with them: those that were pending when their segment was taken away.
std::uint64_t forget_absent_writers(capture::Positions& positions, AbsentWriters& absent,
                                    const std::vector<capture::SegmentState>& segments, Instant now);

}  // namespace tally::delivery
