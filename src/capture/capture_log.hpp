#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "capture/positions.hpp"
#include "model/request_record.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

namespace tally::capture {

// Bytes of a segment that should have held records and do not: found behind the last good record before the
// point up to which the writer had committed, or in the middle.
//
// `records` is exact where the format lets us know: the seal, the next segment or a later good record tells.
// Where nothing tells (the last segment of a writer that died, cut short or overwritten at its end) it counts
// the records that are known to have been there, possibly none. A damage without records does not move the
// positions, so every scan reports it until remove_taken() has removed the segment. A record of which only
// the final values are lost is handed out, and reported once, as a damage without records.
struct Damage {
    Path segment;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t writer = 0;
    std::uint64_t first_sequence = 0;  // of the records that are unreadable
    std::uint64_t records = 0;
    std::string reason;  // a phrase: "the record's checksum does not fit"
};

// A segment as seen by one scan.
struct SegmentState {
    Path path;
    std::uint64_t writer = 0;
    std::uint64_t number = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t end_sequence = 0;  // behind the last record found; as far as known when `more`
    std::uint64_t created_us = 0;
    std::uint64_t bytes = 0;    // of the file
    bool writer_alive = false;  // its writer still holds the lock
    bool finished = false;      // sealed, or its writer is dead: nothing will be added or completed
};

// What one scan of the log found beyond the given positions. Owns the mapped segments; every view handed out
// lives as long as this object.
class Scan {
  public:
    Scan();
    ~Scan();
    Scan(Scan&&) noexcept;
    Scan& operator=(Scan&&) noexcept;

    // By writer, then sequence.
    std::vector<RequestRecord> records;
    // The positions once `records` have been taken: pending records of living writers are in `skipped`.
    Positions next;
    std::vector<Damage> damages;         // quarantined: taken, not delivered
    std::vector<SegmentState> segments;  // every segment in the folder
    std::uint64_t lost = 0;     // sequences missing between segments (gaps), already counted into next
    std::uint64_t pending = 0;  // skipped now because their request has not ended
    bool more = false;          // stopped at the limit; scan again from `next`

  private:
    friend class CaptureLog;
    struct Mappings;
    std::unique_ptr<Mappings> mappings_;
};

struct ScanLimits {
    std::size_t records_max = 250'000;  // at least 1
};

// Reads the folder that the edge's workers write. Stateless between calls; thread-safe; may run in any number
// of processes. A live segment is read up to its last committed record; a record of a living writer whose
// request has not ended is skipped and remembered, one of a dead writer is handed out as kInterrupted. A torn
// tail (an unfinished record at the end of a dead writer's segment) is no damage.
//
// Segments are read through mappings: an input/output error of the disk under a mapped page ends the process
// with SIGBUS, which loses nothing, and nobody may truncate a segment.
class CaptureLog {
  public:
    explicit CaptureLog(Path folder);
    ~CaptureLog();
    CaptureLog(CaptureLog&&) noexcept;
    CaptureLog& operator=(CaptureLog&&) noexcept;

    // Positions older than the newest that remove_taken() was given make removed segments look lost: a reader
    // beside delivery reads them and scans under keep_segments().
    // kUnsupported for a segment of a later format version, kCorruption for one whose name and header
    // disagree, kConflict when a segment was removed underneath.
    [[nodiscard]] Result<Scan> scan(const Positions& from, const ScanLimits& limits = {}) const;

    // While it is held, remove_taken() of this object removes nothing: whoever reads positions from the lake
    // and scans from them under it misses nothing, however often delivery commits meanwhile. Hold it for the
    // scan alone; what was scanned stays mapped without it.
    [[nodiscard]] std::shared_lock<std::shared_timed_mutex> keep_segments() const;

    // Removes segments that are finished and wholly taken by `committed`, empty ones of dead writers and
    // their leftover .tmp files; makes the removal durable. Returns how many segments. Call it only with
    // positions that are durable in the lake.
    Result<std::size_t> remove_taken(const Positions& committed);

    // `positions` without the writers that are gone for good: not one segment of theirs is left, and that is
    // durable. Keeps positions short. A writer id is never used again, so nothing can be taken twice.
    [[nodiscard]] Result<Positions> without_gone_writers(const Positions& positions) const;

    // Makes everything that has been committed so far safe from power loss: fdatasync on each segment that
    // may have changed since the last call. An error names the segment, which is never synced again, also not
    // by a later process, and must not be trusted for durability any more: its writer is told to leave it,
    // and each later call names it again until it is removed.
    Status sync();

    [[nodiscard]] const Path& folder() const { return folder_; }

  private:
    struct SyncState;
    Path folder_;
    std::unique_ptr<SyncState> sync_state_;  // has its own mutex
};

}  // namespace tally::capture
