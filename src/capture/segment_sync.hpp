#pragma once

#include "capture/segment_writer.hpp"

namespace tally::capture {

// One segment on its way to the disk. SegmentWriter::begin_sync() fills it, run_sync() does the work on any
// thread, SegmentWriter::end_sync() takes it back; the segment stays open in between. Plain data.
struct SegmentSync {
    OpenSegment* segment = nullptr;
    int file = -1;    // -1: must not, or cannot, be synced; `error` says why
    int folder = -1;  // to be synced, too: the segment's name is new; -1 = its name is durable
    int error = 0;    // errno of what failed; 0 = what was committed before begin_sync() is safe
};

// Blocks for as long as the disk takes. Thread-safe; touches nothing but `sync`.
void run_sync(SegmentSync& sync);

}  // namespace tally::capture
