#pragma once

#include "capture/capture_log.hpp"
#include "capture/segment_reader.hpp"

#include <optional>
#include <vector>

namespace tally::capture {

// The first sequence of the segment behind segments[i], when that one is there and says it: then all records
// of segments[i] are committed, and this is where they end.
std::optional<std::uint64_t> start_of_next(const std::vector<MappedSegment*>& segments, std::size_t i);

// Takes what is new in one writer's segments, in order, and moves that writer's position on. One use a
// writer.
class WriterScanner {
  public:
    // `segments` are all of the writer's, ascending; `position` is moved on; found things are added to
    // `scan`, texts that stand in no segment as they are to `texts`. All must outlive it.
    WriterScanner(const std::vector<MappedSegment*>& segments, WriterPosition& position, Scan& scan,
                  TextArena& texts, std::size_t records_max)
        : segments_(segments), position_(position), scan_(scan), texts_(texts), records_max_(records_max) {}

    // Stops at the limit, and sets `more` in the scan then.
    void run();

  private:
    bool scan_segment(const MappedSegment& segment, std::optional<std::uint64_t> end_sequence);
    void take_record(const MappedSegment& segment, const FoundRecord& found);
    void take_unreadable(const MappedSegment& segment, const UnreadableStretch& stretch);
    void note_unreadable_header(const MappedSegment& segment);
    void note_gap(std::uint64_t first_sequence);
    void mark_taken(std::uint64_t begin, std::uint64_t end);
    void list(const MappedSegment& segment, std::uint64_t first_sequence, std::uint64_t end_sequence);

    const std::vector<MappedSegment*>& segments_;
    WriterPosition& position_;
    Scan& scan_;
    TextArena& texts_;
    std::size_t records_max_;
    std::uint64_t covered_ = 0;  // behind the last sequence of the segments walked so far
};

}  // namespace tally::capture
