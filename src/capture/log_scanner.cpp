#include "capture/log_scanner.hpp"

#include <algorithm>

namespace tally::capture {

std::optional<std::uint64_t> start_of_next(const std::vector<MappedSegment*>& segments, std::size_t i) {
    if (i + 1 >= segments.size() || segments[i + 1]->name().number != segments[i]->name().number + 1)
        return std::nullopt;
    return segments[i + 1]->first_sequence();
}

void WriterScanner::run() {
    for (std::size_t i = 0; i < segments_.size(); ++i) {
        const MappedSegment& segment = *segments_[i];
        const std::optional<std::uint64_t> next = start_of_next(segments_, i);
        const std::uint64_t first = segment.first_sequence().value_or(covered_);
        if (scan_.more) {
            list(segment, first, segment.sealed() ? segment.sealed_end() : next.value_or(first));
            continue;
        }
        note_gap(first);
        if (!scan_segment(segment, next))
            scan_.more = true;
    }
}

// Sequences before this segment that were neither taken nor stand in an earlier segment: their file is gone.
void WriterScanner::note_gap(std::uint64_t first_sequence) {
    scan_.lost += position_.count_untaken(covered_, first_sequence);
    mark_taken(covered_, first_sequence);
}

bool WriterScanner::scan_segment(const MappedSegment& segment, std::optional<std::uint64_t> end_sequence) {
    const std::uint64_t first = segment.first_sequence().value_or(covered_);
    SegmentWalk walk(segment, covered_, end_sequence);
    const std::optional<std::uint64_t> end = walk.known_end();
    const bool nothing_new = segment.first_sequence() && end && position_.count_untaken(first, *end) == 0;
    bool complete = true;
    if (segment.header_state() == HeaderState::kUnreadable)
        note_unreadable_header(segment);
    while (!nothing_new) {
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
    covered_ = nothing_new ? *end : walk.sequence();
    list(segment, first, covered_);
    return complete;
}

void WriterScanner::take_record(const MappedSegment& segment, const FoundRecord& found) {
    if (position_.has_taken(found.sequence))
        return;
    RequestRecord& record = scan_.records.emplace_back();
    const CompletionState state = decode_record(segment, found, texts_, record);
    if (state == CompletionState::kOpen) {
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
    if (state == CompletionState::kTorn)
        scan_.damages.push_back(
            {segment.path(), found.offset, found.size, segment.name().writer, found.sequence, 0,
             "the completion's checksum does not fit; the record is delivered with its first values"});
    mark_taken(found.sequence, found.sequence + 1);
}

void WriterScanner::take_unreadable(const MappedSegment& segment, const UnreadableStretch& stretch) {
    const std::uint64_t untaken = position_.count_untaken(stretch.first_sequence, stretch.end_sequence);
    const bool without_records = stretch.first_sequence == stretch.end_sequence;
    if (untaken == 0 && !without_records)
        return;
    std::uint64_t first = stretch.first_sequence;
    while (first < stretch.end_sequence && position_.has_taken(first))
        ++first;
    scan_.damages.push_back({segment.path(), stretch.offset, stretch.size, segment.name().writer, first,
                             untaken, stretch.reason});
    mark_taken(stretch.first_sequence, stretch.end_sequence);
}

void WriterScanner::note_unreadable_header(const MappedSegment& segment) {
    scan_.damages.push_back(
        {segment.path(), 0, std::min<std::uint64_t>(segment.size(), sizeof(SegmentHeader)),
         segment.name().writer, covered_, 0,
         "the segment's header cannot be read; records behind it are taken all the same"});
}

void WriterScanner::mark_taken(std::uint64_t begin, std::uint64_t end) {
    position_.skipped.erase(position_.skipped.lower_bound(begin), position_.skipped.lower_bound(end));
    position_.next = std::max(position_.next, end);
}

void WriterScanner::list(const MappedSegment& segment, std::uint64_t first_sequence,
                         std::uint64_t end_sequence) {
    scan_.segments.push_back({segment.path(), segment.name().writer, segment.name().number, first_sequence,
                              end_sequence, segment.created_us(), segment.size(), segment.writer_alive(),
                              segment.finished()});
}

}  // namespace tally::capture
