#pragma once

#include "capture/format.hpp"

#include <cstddef>
#include <cstdint>

namespace tally::capture {

// Where and how large; plain data because the nginx module passes it. The folder must exist.
struct WriterOptions {
    const char* folder = nullptr;                     // zero-terminated, outlives the writer
    std::uint64_t segment_size = 8ULL * 1024 * 1024;  // bytes a segment, preallocated; 4 KiB to 1 GiB
    std::uint64_t folder_size_max =
        4ULL * 1024 * 1024 * 1024;  // of all files together; beyond it opening fails
};

class SegmentWriter;
struct OpenSegment;
struct SegmentSync;

// A record that is being built in place inside the segment, all of it zeros at first. The caller fills the
// parts and strings, then commits. Never keep one over a call that could start another record.
struct RecordBuilder {
    RecordHeader* header = nullptr;
    Completion* completion = nullptr;
    FixedPart* fixed = nullptr;
    std::uint16_t* lengths = nullptr;  // kStringCount of them
    unsigned char* strings = nullptr;  // where the next string byte goes
    unsigned char* end = nullptr;      // end of the room; strings never pass it
    OpenSegment* segment = nullptr;

    // Appends bytes to string `index`; strings are written in the order of StringIndex, each in one or more
    // calls. What does not fit is cut and kFlagCut is set. Who knows that all of it fits may write the bytes
    // and the lengths without it, and leaves `strings` behind the last byte and zeros from there on.
    void add(StringIndex index, const void* data, std::size_t size);
};

// A committed record whose request has not ended. Plain data, lives in the request's context.
struct PendingRecord {
    OpenSegment* segment = nullptr;  // null: nothing is pending
    Completion* completion = nullptr;
    std::uint64_t sequence = 0;
};

// Writes one process's records, one thread. Uses neither the C++ library nor exceptions, and allocates only
// when a segment is opened (prepare_ahead does that off the request path). After any crash of the process
// everything that commit() returned for is in the file; it is safe from power loss after the server's next
// sync.
class SegmentWriter {
  public:
    SegmentWriter() = default;
    ~SegmentWriter();
    SegmentWriter(const SegmentWriter&) = delete;
    SegmentWriter& operator=(const SegmentWriter&) = delete;

    // Opens the first segment. 0, or the errno: ENOSPC for a full disk or folder_size_max reached, EFBIG for
    // RLIMIT_FSIZE, EINVAL for options out of range, EEXIST for a writer id that has been used.
    int open(const WriterOptions& options, std::uint64_t writer, std::uint64_t now_us);

    // Room for a record of up to `size` bytes (all of it: kStringsOffset plus the strings) in the current or
    // a new segment: true, or false with last_errno(). A larger size than kRecordSizeMax or than a segment
    // holds gets that much. A record that is begun and never committed leaves no trace. After a segment could
    // not be opened the next try is 100 ms away, so that a full disk costs nothing.
    bool begin(std::size_t size, std::uint64_t now_us, RecordBuilder& out);

    // Publishes the record: sets size, sequence and crcs. The completion must have been filled with what is
    // known; its state says whether it is final. Returns the handle to complete it later (segment null when
    // state is kDone).
    PendingRecord commit(RecordBuilder& record);

    // The final values: stored, checksummed, then marked kDone. `pending` is cleared.
    void complete(PendingRecord& pending, const Completion& values);

    // The same for final values that have been stored in *pending.completion already, but for state and crc.
    void complete_in_place(PendingRecord& pending);

    // Opens the next segment before it is needed and touches the pages that come next, at most 1 MiB a call.
    // Call from a timer, every 100 ms or so. 0 or errno; also the way out of a full disk, and of a segment
    // that the server could not sync.
    int prepare_ahead(std::uint64_t now_us);

    // Seals what has nothing pending and closes everything. Records still pending stay so: their handles are
    // void and must not be completed.
    void close();

    // Room for one more record of any size, opening the next segment now if need be: to be asked before work
    // that would be in vain without a record. False: last_errno() says why; prepare_ahead tries again.
    bool ensure_room(std::uint64_t now_us);

    // Makes a pending record, and all committed before it to the same segment, safe from power loss:
    // begin_sync(), then run_sync() (segment_sync.hpp) on whatever thread, then end_sync(), both ends on the
    // writer's thread. The record may be completed meanwhile. After an error the segment is suspect: neither
    // this process nor the server syncs it ever again, it gets no more records and no seal, and the next
    // record goes to a new segment. What it holds is delivered all the same, as far as it can be read.
    [[nodiscard]] SegmentSync begin_sync(const PendingRecord& record);
    void end_sync(SegmentSync& sync, std::uint64_t now_us);

    [[nodiscard]] bool has_room() const;  // false: the disk is full, begin() would fail

    [[nodiscard]] int last_errno() const { return last_errno_; }

    [[nodiscard]] std::uint64_t writer() const { return writer_; }

    [[nodiscard]] std::uint64_t next_sequence() const { return next_sequence_; }

  private:
    static constexpr std::uint64_t kRetryPauseUs = 100'000;

    [[nodiscard]] std::uint64_t room_for(std::size_t size) const;
    int make_segment(OpenSegment** out) const;
    int put_in_use(OpenSegment* segment, std::uint64_t now_us);
    int rotate(std::uint64_t now_us);
    void retire_current();
    void finish_retired(OpenSegment* segment);
    void abandon_current(std::uint64_t now_us);
    void unpin(OpenSegment* segment);

    WriterOptions options_;
    std::uint64_t record_size_max_ = 0;  // that a segment holds
    std::uint64_t writer_ = 0;
    std::uint32_t seed_ = 0;  // of every checksum
    std::uint64_t next_segment_ = 0;
    std::uint64_t next_sequence_ = 0;
    OpenSegment* current_ = nullptr;
    OpenSegment* ahead_ = nullptr;    // prepared, not yet in use: still a .tmp file
    OpenSegment* retired_ = nullptr;  // list: full, some records still pending
    int last_errno_ = 0;              // of the last attempt to open a segment
    std::uint64_t retry_at_us_ = 0;   // begin() does not try to open one before
};

}  // namespace tally::capture
