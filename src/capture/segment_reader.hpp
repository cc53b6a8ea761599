#pragma once

#include "base/file_descriptor.hpp"
#include "base/result.hpp"
#include "capture/capture_log.hpp"
#include "capture/format.hpp"
#include "capture/segment_name.hpp"
#include "capture/text_arena.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tally::capture {

enum class HeaderState {
    kSound,
    kUnreadable,  // its records can still be found: each carries the writer and its sequence in its checksum
    kBlank        // zeros from end to end: power was lost before anything of it reached the disk
};

// One segment file, mapped for reading. Whether its writer lives is asked before anything is read: a writer
// that dies in between is still treated as living, which only means that the next scan decides.
class MappedSegment {
  public:
    // kUnsupported for a later format version, kCorruption when a sound header names another segment than the
    // file name does (reading a copy would give records twice), kNotFound when the file has gone. A file
    // shorter than its header says is opened with what is there.
    static Result<MappedSegment> open(const Path& folder, const SegmentName& name);
    ~MappedSegment();
    MappedSegment(MappedSegment&& other) noexcept;
    MappedSegment& operator=(MappedSegment&&) = delete;

    [[nodiscard]] const SegmentName& name() const { return name_; }

    [[nodiscard]] HeaderState header_state() const { return header_state_; }

    // nullopt when the header does not tell.
    [[nodiscard]] std::optional<std::uint64_t> first_sequence() const;

    // From the header, or when it does not tell, when the file was last changed.
    [[nodiscard]] std::uint64_t created_us() const;

    // The file has lost bytes since it was made, as far as the header tells.
    [[nodiscard]] bool cut_short() const;

    [[nodiscard]] const unsigned char* at(std::uint64_t offset) const { return base_ + offset; }

    [[nodiscard]] std::uint64_t size() const { return size_; }

    // Behind the last byte in [begin, end) that is not zero; `begin` when all are. Both multiples of 8.
    [[nodiscard]] std::uint64_t nonzero_end(std::uint64_t begin, std::uint64_t end) const;

    [[nodiscard]] const Path& path() const { return path_; }

    [[nodiscard]] bool writer_alive() const { return writer_alive_; }

    // The seal's checksum fits: sealed_size and sealed_end can be believed.
    [[nodiscard]] bool sealed() const { return sealed_; }

    [[nodiscard]] std::uint64_t sealed_size() const { return header().sealed_size; }

    [[nodiscard]] std::uint64_t sealed_end() const { return header().sealed_end; }

    [[nodiscard]] bool finished() const { return sealed_ || !writer_alive_; }

    // Its writer or an earlier reader could not sync it.
    [[nodiscard]] bool suspect() const;

    [[nodiscard]] std::uint32_t seed() const { return seed_; }

    // Of the format. Where the header does not tell, the seal or the first good record does.
    [[nodiscard]] std::uint32_t version() const { return version_; }

    // The least that a record of this version takes.
    [[nodiscard]] std::uint32_t record_size_min() const;

  private:
    MappedSegment() = default;
    Status read_header();
    void take_version(std::uint32_t version);
    void find_version();
    [[nodiscard]] bool holds_good_record() const;

    [[nodiscard]] const SegmentHeader& header() const {
        return *reinterpret_cast<const SegmentHeader*>(base_);
    }

    SegmentName name_;
    Path path_;
    const unsigned char* base_ = nullptr;  // null iff the file is empty
    std::uint64_t size_ = 0;
    std::uint64_t changed_us_ = 0;
    std::uint32_t version_ = kFormatVersion;
    std::uint32_t seed_ = 0;
    HeaderState header_state_ = HeaderState::kUnreadable;
    bool writer_alive_ = false;
    bool sealed_ = false;
};

// What stands at one place of a segment.
struct FoundRecord {
    std::uint64_t offset = 0;
    std::uint32_t size = 0;
    std::uint64_t sequence = 0;
};

// A stretch in which records should have been and cannot be read. No sequences: something is wrong here, and
// nothing tells whether records are missing.
struct UnreadableStretch {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t end_sequence = 0;
    std::string reason;
};

// Walks the records of a segment in order. `lowest` is behind the last sequence of the writer's earlier
// segments: where an unreadable header leaves open with which sequence this one starts, it is none below.
// `end_sequence` is the first sequence of the writer's next segment, when there is one.
class SegmentWalk {
  public:
    SegmentWalk(const MappedSegment& segment, std::uint64_t lowest,
                std::optional<std::uint64_t> end_sequence);

    // The next record or unreadable stretch; nullopt at the end.
    struct Step {
        std::optional<FoundRecord> record;
        std::optional<UnreadableStretch> unreadable;
    };

    std::optional<Step> next();

    // Behind the last record found so far.
    [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

    // The sequence behind the segment's last record, as far as the seal or the next segment tells.
    [[nodiscard]] std::optional<std::uint64_t> known_end() const;

  private:
    [[nodiscard]] bool has_room_for_record() const;
    [[nodiscard]] bool plausible(std::uint64_t offset, std::uint32_t size) const;
    [[nodiscard]] bool checksum_fits(std::uint64_t offset, std::uint32_t size, std::uint64_t sequence) const;
    [[nodiscard]] bool may_follow(std::uint64_t sequence) const;
    [[nodiscard]] std::optional<FoundRecord> find_good_record() const;
    std::optional<Step> resynchronise(std::uint32_t size_here);
    std::optional<Step> skip_to_end(std::uint64_t end);
    std::optional<Step> look_at_tail(std::uint32_t size_here);

    const MappedSegment& segment_;
    std::optional<std::uint64_t> end_sequence_;
    std::uint64_t limit_;
    std::uint64_t offset_;
    std::uint64_t sequence_;
    bool start_known_;
    bool ended_ = false;
};

// How a record's completion reads. kOpen: the request has not ended and its writer lives. kTorn: it had
// ended, and of its final values a part is lost, as when the power goes while they are written back; the
// record is handed out as interrupted. Of kOpen and kUnreadable there is no record.
enum class CompletionState { kReadable, kTorn, kOpen, kUnreadable };

// Decodes a record that a SegmentWalk found. Views point into the segment, and into `texts` where a text does
// not stand there as it is handed out.
CompletionState decode_record(const MappedSegment& segment, const FoundRecord& found, TextArena& texts,
                              RequestRecord& out);

}  // namespace tally::capture
