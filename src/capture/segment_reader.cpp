#include "capture/segment_reader.hpp"

#include "capture/format_v1.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace tally::capture {
namespace {

std::uint32_t load_size(const unsigned char* record) {
    return __atomic_load_n(&reinterpret_cast<const RecordHeader*>(record)->size, __ATOMIC_ACQUIRE);
}

std::uint64_t load_sequence(const unsigned char* record) {
    return reinterpret_cast<const RecordHeader*>(record)->sequence;
}

bool locked_by_its_writer(int fd) {
    if (::flock(fd, LOCK_SH | LOCK_NB) != 0)
        return errno == EWOULDBLOCK;
    ::flock(fd, LOCK_UN);
    return false;
}

bool seal_fits(const SegmentHeader& header, const SegmentName& name, std::uint32_t seed) {
    return __atomic_load_n(&header.sealed, __ATOMIC_ACQUIRE) == 1 &&
           header.seal_crc == seal_crc(seed, name.number, header.sealed_size, header.sealed_end);
}

std::uint64_t microseconds(const timespec& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec) / 1000;
}

}  // namespace

Result<MappedSegment> MappedSegment::open(const Path& folder, const SegmentName& name) {
    MappedSegment segment;
    segment.name_ = name;
    segment.path_ = folder / name.file_name();
    segment.take_version(kFormatVersion);
    FileDescriptor file(::open(segment.path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid())
        return io_error("open", segment.path_, errno);
    segment.writer_alive_ = locked_by_its_writer(file.get());

    struct stat info {};

    if (::fstat(file.get(), &info) != 0)
        return io_error("stat", segment.path_, errno);
    segment.size_ = static_cast<std::uint64_t>(info.st_size);
    segment.changed_us_ = microseconds(info.st_mtim);
    if (segment.size_ == 0)
        return segment;
    void* base = ::mmap(nullptr, segment.size_, PROT_READ, MAP_SHARED, file.get(), 0);
    if (base == MAP_FAILED)
        return io_error("map", segment.path_, errno);
    segment.base_ = static_cast<const unsigned char*>(base);
    TRY(segment.read_header());
    return segment;
}

Status MappedSegment::read_header() {
    if (size_ < sizeof(SegmentHeader))
        return {};
    if (std::memcmp(header().magic, kMagic, sizeof kMagic) != 0 ||
        crc32c(&header(), kHeaderCrcSpan) != header().header_crc) {
        const std::uint64_t whole = size_ / kRecordAlignment * kRecordAlignment;
        if (!writer_alive_ && nonzero_end(0, whole) == 0)
            header_state_ = HeaderState::kBlank;
        else
            find_version();
        return {};
    }
    if (header().version == 0 || header().version > kFormatVersion ||
        header().header_size != sizeof(SegmentHeader))
        return Error{
            ErrorCode::kUnsupported,
            fmt::format("{} is of format version {}, this program reads versions 1 to {}; use the release "
                        "that wrote it",
                        path_.string(), header().version, kFormatVersion)};
    take_version(header().version);
    const SegmentName says{header().writer, header().segment_number};
    if (says != name_)
        return Error{ErrorCode::kCorruption,
                     fmt::format("{} holds the segment {}; a copy would be taken twice, so give it its name "
                                 "back or move it out of the folder",
                                 path_.string(), says.file_name())};
    header_state_ = HeaderState::kSound;
    return {};
}

void MappedSegment::take_version(std::uint32_t version) {
    version_ = version;
    seed_ = writer_seed(name_.writer, version);
    sealed_ = size_ >= sizeof(SegmentHeader) && base_ != nullptr && seal_fits(header(), name_, seed_);
}

// The header cannot be read: every checksum behind it starts from the version, too.
void MappedSegment::find_version() {
    for (std::uint32_t version = kFormatVersion; version > 0; --version) {
        take_version(version);
        if (sealed_ || holds_good_record())
            return;
    }
    take_version(kFormatVersion);
}

bool MappedSegment::holds_good_record() const {
    for (std::uint64_t offset = sizeof(SegmentHeader); offset + record_size_min() <= size_;
         offset += kRecordAlignment) {
        const std::uint32_t size = load_size(at(offset));
        if (size >= record_size_min() && size <= kRecordSizeMax && size % kRecordAlignment == 0 &&
            size <= size_ - offset &&
            reinterpret_cast<const RecordHeader*>(at(offset))->crc ==
                record_crc(seed_, size, load_sequence(at(offset)), at(offset)))
            return true;
    }
    return false;
}

std::uint32_t MappedSegment::record_size_min() const {
    return version_ == 1 ? v1::kStringsOffset : kRecordSizeMin;
}

std::optional<std::uint64_t> MappedSegment::first_sequence() const {
    if (header_state_ != HeaderState::kSound)
        return std::nullopt;
    return header().first_sequence;
}

std::uint64_t MappedSegment::created_us() const {
    return header_state_ == HeaderState::kSound ? header().created_us : changed_us_;
}

bool MappedSegment::cut_short() const {
    return header_state_ == HeaderState::kSound && size_ < header().capacity;
}

bool MappedSegment::suspect() const {
    return header_state_ == HeaderState::kSound && __atomic_load_n(&header().suspect, __ATOMIC_RELAXED) != 0;
}

std::uint64_t MappedSegment::nonzero_end(std::uint64_t begin, std::uint64_t end) const {
    std::uint64_t word = 0;
    while (end > begin && word == 0) {
        end -= sizeof word;
        std::memcpy(&word, at(end), sizeof word);
    }
    return word != 0 ? end + sizeof word : begin;
}

MappedSegment::~MappedSegment() {
    if (base_ != nullptr)
        ::munmap(const_cast<unsigned char*>(base_), size_);
}

MappedSegment::MappedSegment(MappedSegment&& other) noexcept
    : name_(other.name_),
      path_(std::move(other.path_)),
      base_(std::exchange(other.base_, nullptr)),
      size_(other.size_),
      changed_us_(other.changed_us_),
      version_(other.version_),
      seed_(other.seed_),
      header_state_(other.header_state_),
      writer_alive_(other.writer_alive_),
      sealed_(other.sealed_) {}

SegmentWalk::SegmentWalk(const MappedSegment& segment, std::uint64_t lowest,
                         std::optional<std::uint64_t> end_sequence)
    : segment_(segment),
      end_sequence_(end_sequence),
      limit_(segment.sealed() ? std::min(segment.size(), segment.sealed_size()) : segment.size()),
      offset_(sizeof(SegmentHeader)),
      sequence_(segment.first_sequence().value_or(lowest)),
      start_known_(segment.first_sequence().has_value()) {}

bool SegmentWalk::has_room_for_record() const {
    return limit_ >= segment_.record_size_min() && offset_ <= limit_ - segment_.record_size_min();
}

bool SegmentWalk::plausible(std::uint64_t offset, std::uint32_t size) const {
    return size >= segment_.record_size_min() && size <= kRecordSizeMax && size % kRecordAlignment == 0 &&
           size <= limit_ - offset;
}

bool SegmentWalk::checksum_fits(std::uint64_t offset, std::uint32_t size, std::uint64_t sequence) const {
    const unsigned char* record = segment_.at(offset);
    return reinterpret_cast<const RecordHeader*>(record)->crc ==
           record_crc(segment_.seed(), size, sequence, record);
}

std::optional<std::uint64_t> SegmentWalk::known_end() const {
    if (segment_.sealed())
        return segment_.sealed_end();
    return end_sequence_;
}

std::optional<SegmentWalk::Step> SegmentWalk::next() {
    if (ended_)
        return std::nullopt;
    std::uint32_t size = 0;
    if (has_room_for_record()) {
        const unsigned char* record = segment_.at(offset_);
        size = load_size(record);
        if (start_known_ && plausible(offset_, size) && load_sequence(record) == sequence_ &&
            checksum_fits(offset_, size, sequence_)) {
            const FoundRecord found{offset_, size, sequence_};
            offset_ += size;
            ++sequence_;
            return Step{found, std::nullopt};
        }
    }
    return resynchronise(size);
}

// No more records can be missing than would have fitted.
bool SegmentWalk::may_follow(std::uint64_t sequence) const {
    if (const auto end = known_end(); end && sequence >= *end)
        return false;
    return sequence >= sequence_ &&
           (!start_known_ || sequence - sequence_ <= limit_ / segment_.record_size_min());
}

std::optional<FoundRecord> SegmentWalk::find_good_record() const {
    const std::uint64_t least = segment_.record_size_min();
    for (std::uint64_t at = offset_; limit_ >= least && at <= limit_ - least; at += kRecordAlignment) {
        const std::uint32_t size = load_size(segment_.at(at));
        if (size == 0 || !plausible(at, size))
            continue;
        const std::uint64_t sequence = load_sequence(segment_.at(at));
        if (may_follow(sequence) && checksum_fits(at, size, sequence))
            return FoundRecord{at, size, sequence};
    }
    return std::nullopt;
}

// Nothing readable stands at offset_. In a living writer's open segment that is simply the end, for now, when
// no size stands there; a size is stored last, so with one there was a record.
std::optional<SegmentWalk::Step> SegmentWalk::resynchronise(std::uint32_t size_here) {
    const auto end = known_end();
    if (end && sequence_ >= *end)
        return std::nullopt;
    const bool settled = segment_.finished() || end_sequence_.has_value();
    if (!settled && start_known_ && size_here == 0)
        return std::nullopt;
    if (const auto good = find_good_record()) {
        UnreadableStretch stretch{offset_, good->offset - offset_, sequence_, good->sequence,
                                  "the record's checksum does not fit"};
        offset_ = good->offset;
        sequence_ = good->sequence;
        const bool nothing_missing = stretch.size == 0 && stretch.first_sequence == sequence_;
        start_known_ = true;
        return nothing_missing ? next() : Step{std::nullopt, stretch};
    }
    if (end)
        return skip_to_end(*end);
    if (!settled)
        return std::nullopt;  // the next good record will tell how many were here
    return look_at_tail(size_here);
}

std::optional<SegmentWalk::Step> SegmentWalk::skip_to_end(std::uint64_t end) {
    const std::uint64_t whole = limit_ / kRecordAlignment * kRecordAlignment;
    const std::uint64_t used = whole > offset_ ? segment_.nonzero_end(offset_, whole) : offset_;
    UnreadableStretch stretch{
        offset_, used - offset_, sequence_, end,
        segment_.cut_short() ? "the segment was cut short" : "the record's checksum does not fit"};
    ended_ = true;
    sequence_ = end;
    return Step{std::nullopt, stretch};
}

// Behind the last good record of a dead writer, and nothing tells how many there were. Without a size it is a
// torn tail: begun, never committed.
std::optional<SegmentWalk::Step> SegmentWalk::look_at_tail(std::uint32_t size_here) {
    ended_ = true;
    const std::uint64_t whole = limit_ / kRecordAlignment * kRecordAlignment;
    const std::uint64_t used = whole > offset_ ? segment_.nonzero_end(offset_, whole) : offset_;
    UnreadableStretch stretch{offset_, used - offset_, sequence_, sequence_, ""};
    if (size_here != 0 && start_known_) {
        const auto* record = reinterpret_cast<const RecordHeader*>(segment_.at(offset_));
        // A header that is right about its sequence and has a checksum is the header of a record.
        if (record->sequence == sequence_ && record->crc != 0)
            ++stretch.end_sequence;
        stretch.reason =
            "the bytes behind the last record are no record, and nothing tells how many there were";
    } else if (segment_.cut_short()) {
        stretch.reason = "the segment was cut short, and nothing tells whether records are missing";
    } else {
        return std::nullopt;
    }
    sequence_ = stretch.end_sequence;
    return Step{std::nullopt, stretch};
}

}  // namespace tally::capture
