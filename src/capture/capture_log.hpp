#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "capture/positions.hpp"
#include "model/request_record.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tally::capture {

// Bytes of a segment that should have held records and do not: found behind the last good record before the
// point up to which the writer had committed, or in the middle.
struct Damage {
    Path segment;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t writer = 0;
    std::uint64_t first_sequence = 0;  // of the records that are unreadable
    std::uint64_t records = 0;         // how many of them there were, exactly where the format lets us know
    std::string reason;
};

// A segment as seen by one scan.
struct SegmentState {
    Path path;
    std::uint64_t writer = 0;
    std::uint64_t number = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t end_sequence = 0;  // behind the last record found
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
    std::size_t records_max = 250'000;
};

// Reads the folder that the edge's workers write. Stateless between calls; thread-safe; may run in any number
// of processes. A live segment is read up to its last committed record; a record of a living writer whose
// request has not ended is skipped and remembered, one of a dead writer is handed out as kInterrupted. A torn
// tail (an unfinished record at the end of a dead writer's segment) is no damage.
class CaptureLog {
  public:
    explicit CaptureLog(Path folder);

    [[nodiscard]] Result<Scan> scan(const Positions& from, const ScanLimits& limits = {}) const;

    // Removes segments that are finished and wholly taken by `committed`. Returns how many. Call it only with
    // positions that are durable in the lake.
    Result<std::size_t> remove_taken(const Positions& committed);

    // Makes everything that has been committed so far safe from power loss: fdatasync on each open segment.
    // An error names the segment; that segment must not be trusted for durability any more.
    Status sync();

    [[nodiscard]] const Path& folder() const { return folder_; }

  private:
    Path folder_;
};

}  // namespace tally::capture
