#pragma once

#include "capture/format.hpp"

#include <cstdint>

namespace tally::capture {

// A mapped segment of SegmentWriter. Its file holds the lock for as long as this exists.
struct OpenSegment {
    OpenSegment* next = nullptr;  // in the list of retired ones
    unsigned char* base = nullptr;
    int fd = -1;
    std::uint32_t pending = 0;  // records that are not completed and syncs that are under way
    unsigned attempt = 0;       // part of the temporary name
    bool name_durable = false;  // the folder has been synced since the file got its name
    std::uint64_t number = 0;
    std::uint64_t capacity = 0;
    std::uint64_t end = 0;           // no record reaches beyond: the capacity, or less once it is abandoned
    std::uint64_t used = 0;          // offset behind the last record
    std::uint64_t building_end = 0;  // of the room handed out by begin() and not committed; 0 = none
    std::uint64_t touched = 0;       // pages below this offset have been written to

    SegmentHeader& header() { return *reinterpret_cast<SegmentHeader*>(base); }

    // Somebody's sync of it has failed: ours or the server's.
    bool suspect() { return __atomic_load_n(&header().suspect, __ATOMIC_RELAXED) != 0; }
};

}  // namespace tally::capture
