#pragma once

#include "base/file_descriptor.hpp"
#include "base/result.hpp"
#include "capture/capture_log.hpp"
#include "capture/format.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tally::capture {

// One segment file, mapped for reading. Whether its writer lives is asked before anything is read: a writer
// that dies in between is still treated as living, which only means that the next scan decides.
class MappedSegment {
  public:
    // kCorruption when the header is no header, kUnsupported for a later format version; kNotFound when the
    // file has gone. A file shorter than its header says is opened with what is there.
    static Result<MappedSegment> open(const Path& path);
    ~MappedSegment();
    MappedSegment(MappedSegment&& other) noexcept;
    MappedSegment& operator=(MappedSegment&&) = delete;

    [[nodiscard]] const SegmentHeader& header() const {
        return *reinterpret_cast<const SegmentHeader*>(base_);
    }

    [[nodiscard]] const unsigned char* at(std::uint64_t offset) const { return base_ + offset; }

    [[nodiscard]] std::uint64_t size() const { return size_; }

    [[nodiscard]] const Path& path() const { return path_; }

    [[nodiscard]] bool writer_alive() const { return writer_alive_; }

    // The seal's checksum fits: sealed_size and sealed_end can be believed.
    [[nodiscard]] bool sealed() const { return sealed_; }

    [[nodiscard]] bool finished() const { return sealed_ || !writer_alive_; }

    [[nodiscard]] std::uint32_t seed() const { return seed_; }

  private:
    MappedSegment() = default;

    Path path_;
    const unsigned char* base_ = nullptr;
    std::uint64_t size_ = 0;
    std::uint32_t seed_ = 0;
    bool writer_alive_ = false;
    bool sealed_ = false;
};

// What stands at one place of a segment.
struct FoundRecord {
    std::uint64_t offset = 0;
    std::uint32_t size = 0;
    std::uint64_t sequence = 0;
};

// A stretch in which records should have been and cannot be read.
struct UnreadableStretch {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t end_sequence = 0;
    std::string reason;
};

// Walks the records of a segment in order. `taken` says which sequences need no checksum, because nobody will
// look at them again. `end_sequence` is the first sequence of the writer's next segment, when there is one.
class SegmentWalk {
  public:
    SegmentWalk(const MappedSegment& segment, const WriterPosition& taken,
                std::optional<std::uint64_t> end_sequence);

    // The next record or unreadable stretch; nullopt at the end.
    struct Step {
        std::optional<FoundRecord> record;
        std::optional<UnreadableStretch> unreadable;
    };

    std::optional<Step> next();

    // Behind the last record found so far.
    [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

  private:
    [[nodiscard]] bool plausible(std::uint64_t offset, std::uint32_t size) const;
    [[nodiscard]] bool checksum_fits(std::uint64_t offset, std::uint32_t size, std::uint64_t sequence) const;
    [[nodiscard]] std::optional<FoundRecord> find_good_record(std::uint64_t from) const;
    std::optional<Step> resynchronise(std::uint32_t size_here);
    [[nodiscard]] std::optional<std::uint64_t> known_end() const;

    const MappedSegment& segment_;
    const WriterPosition& taken_;
    std::optional<std::uint64_t> end_sequence_;
    std::uint64_t limit_;
    std::uint64_t offset_;
    std::uint64_t sequence_;
};

// How a record's completion reads.
enum class CompletionState { kFinal, kOpen, kUnreadable };

// Decodes a record that a SegmentWalk found. Views point into the segment.
CompletionState decode_record(const MappedSegment& segment, const FoundRecord& found, RequestRecord& out);

}  // namespace tally::capture
