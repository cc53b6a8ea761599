#include "capture/log_scanner.hpp"

namespace tally::capture {
namespace {

SegmentState state_of(const MappedSegment& segment, std::uint64_t end_sequence) {
    const SegmentHeader& header = segment.header();
    return {segment.path(),    header.writer,  header.segment_number,  header.first_sequence, end_sequence,
            header.created_us, segment.size(), segment.writer_alive(), segment.finished()};
}

}  // namespace

bool WriterScanner::run() {
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        const MappedSegment& segment = *segments_[i];
        std::optional<std::uint64_t> end_sequence;
        if (i + 1 < segments_.size() &&
            segments_[i + 1]->header().segment_number == segment.header().segment_number + 1)
            end_sequence = segments_[i + 1]->header().first_sequence;
        note_gap(segment.header().first_sequence);
        if (!scan_segment(segment, end_sequence))
            return false;
    }
    return true;
}

// Sequences before this segment that were neither taken nor stand in an earlier segment: their file is gone.
void WriterScanner::note_gap(std::uint64_t first_sequence) {
    if (position_.next >= first_sequence)
        return;
    scan_.lost += first_sequence - position_.next;
    position_.next = first_sequence;
}

bool WriterScanner::scan_segment(const MappedSegment& segment, std::optional<std::uint64_t> end_sequence) {
    SegmentWalk walk(segment, position_, end_sequence);
    bool complete = true;
    while (true) {
        if (scan_.records.size() >= records_max_) {
            complete = false;
            break;
        }
        const auto step = walk.next();
        if (!step)
            break;
        if (step->record)
            take_record(segment, *step->record);
        else
            take_unreadable(segment, *step->unreadable);
    }
    scan_.segments.push_back(state_of(segment, walk.sequence()));
    return complete;
}

void WriterScanner::take_record(const MappedSegment& segment, const FoundRecord& found) {
    if (position_.has_taken(found.sequence))
        return;
    RequestRecord& record = scan_.records.emplace_back();
    const CompletionState state = decode_record(segment, found, record);
    if (state == CompletionState::kOpen && segment.writer_alive() && !segment.sealed()) {
        scan_.records.pop_back();
        ++scan_.pending;
        if (found.sequence >= position_.next) {
            position_.next = found.sequence + 1;
            position_.skipped.insert(found.sequence);
        }
        return;
    }
    if (state == CompletionState::kUnreadable) {
        scan_.records.pop_back();
        take_unreadable(segment, {found.offset, found.size, found.sequence, found.sequence + 1,
                                  "the completion's checksum does not fit"});
        return;
    }
    mark_taken(found.sequence);
}

void WriterScanner::take_unreadable(const MappedSegment& segment, const UnreadableStretch& stretch) {
    const std::uint64_t untaken = position_.count_untaken(stretch.first_sequence, stretch.end_sequence);
    if (untaken == 0)
        return;
    scan_.damages.push_back({segment.path(), stretch.offset, stretch.size, segment.header().writer,
                             stretch.first_sequence, untaken, stretch.reason});
    for (auto it = position_.skipped.lower_bound(stretch.first_sequence);
         it != position_.skipped.end() && *it < stretch.end_sequence;)
        it = position_.skipped.erase(it);
    if (stretch.end_sequence > position_.next)
        position_.next = stretch.end_sequence;
}

void WriterScanner::mark_taken(std::uint64_t sequence) {
    if (sequence < position_.next)
        position_.skipped.erase(sequence);
    else
        position_.next = sequence + 1;
}

}  // namespace tally::capture
