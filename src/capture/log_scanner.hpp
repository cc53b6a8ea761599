#pragma once

#include "capture/capture_log.hpp"
#include "capture/segment_reader.hpp"

#include <vector>

namespace tally::capture {

// Takes what is new in one writer's segments, in order, and moves that writer's position on. One use a
// writer.
class WriterScanner {
  public:
    // `segments` are all of the writer's, ascending; `position` is moved on; found things are added to
    // `scan`.
    WriterScanner(const std::vector<MappedSegment*>& segments, WriterPosition& position, Scan& scan,
                  std::size_t records_max)
        : segments_(segments), position_(position), scan_(scan), records_max_(records_max) {}

    // False when the limit stopped it.
    bool run();

  private:
    bool scan_segment(const MappedSegment& segment, std::optional<std::uint64_t> end_sequence);
    void take_record(const MappedSegment& segment, const FoundRecord& found);
    void take_unreadable(const MappedSegment& segment, const UnreadableStretch& stretch);
    void note_gap(std::uint64_t first_sequence);
    void mark_taken(std::uint64_t sequence);

    const std::vector<MappedSegment*>& segments_;
    WriterPosition& position_;
    Scan& scan_;
    std::size_t records_max_;
};

}  // namespace tally::capture
