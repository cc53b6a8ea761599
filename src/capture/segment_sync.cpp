#include "capture/segment_sync.hpp"

#include "capture/open_segment.hpp"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace tally::capture {

void run_sync(SegmentSync& sync) {
    if (sync.file < 0)
        return;
    if (::fdatasync(sync.file) != 0 || (sync.folder >= 0 && ::fsync(sync.folder) != 0))
        sync.error = errno;
}

SegmentSync SegmentWriter::begin_sync(const PendingRecord& record) {
    SegmentSync sync;
    sync.segment = record.segment;
    ++record.segment->pending;
    if (record.segment->suspect()) {
        sync.error = EIO;  // the kernel reports a lost write once: asking again would look like success
        return sync;
    }
    if (!record.segment->name_durable) {
        sync.folder = ::open(options_.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (sync.folder < 0) {
            sync.error = errno;
            return sync;
        }
    }
    sync.file = record.segment->fd;
    return sync;
}

void SegmentWriter::end_sync(SegmentSync& sync, std::uint64_t now_us) {
    OpenSegment* segment = sync.segment;
    if (sync.folder >= 0)
        ::close(sync.folder);
    if (sync.error == 0) {
        segment->name_durable = true;
    } else if (sync.file >= 0) {
        __atomic_store_n(&segment->header().suspect, 1U, __ATOMIC_RELAXED);
        if (segment == current_)
            abandon_current(now_us);
    }
    sync.segment = nullptr;
    unpin(segment);
}

// No record follows here any more, also when there is no room for a successor yet.
void SegmentWriter::abandon_current(std::uint64_t now_us) {
    current_->end = current_->used;
    last_errno_ = rotate(now_us);
    retry_at_us_ = now_us + kRetryPauseUs;
}

void SegmentWriter::unpin(OpenSegment* segment) {
    if (--segment->pending == 0 && segment != current_)
        finish_retired(segment);
}

}  // namespace tally::capture
