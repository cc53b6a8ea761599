#include "capture/segment_reader.hpp"

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

Status check_header(const SegmentHeader& header, const Path& path) {
    if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 ||
        crc32c(&header, kHeaderCrcSpan) != header.header_crc)
        return Error{ErrorCode::kCorruption,
                     fmt::format("{} does not start with a segment header", path.string())};
    if (header.version != kFormatVersion || header.header_size != sizeof(SegmentHeader))
        return Error{
            ErrorCode::kUnsupported,
            fmt::format("{} is of format version {}, this program reads version {}; use the release that "
                        "wrote it",
                        path.string(), header.version, kFormatVersion)};
    return {};
}

bool seal_fits(const SegmentHeader& header, std::uint32_t seed) {
    return __atomic_load_n(&header.sealed, __ATOMIC_ACQUIRE) == 1 &&
           header.seal_crc == seal_crc(seed, header.segment_number, header.sealed_size, header.sealed_end);
}

}  // namespace

Result<MappedSegment> MappedSegment::open(const Path& path) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid())
        return io_error("open", path, errno);
    MappedSegment segment;
    segment.path_ = path;
    segment.writer_alive_ = locked_by_its_writer(file.get());

    struct stat info {};

    if (::fstat(file.get(), &info) != 0)
        return io_error("stat", path, errno);
    segment.size_ = static_cast<std::uint64_t>(info.st_size);
    if (segment.size_ < sizeof(SegmentHeader))
        return Error{ErrorCode::kCorruption, fmt::format("{} has {} bytes, less than a segment header",
                                                         path.string(), segment.size_)};
    void* base = ::mmap(nullptr, segment.size_, PROT_READ, MAP_SHARED, file.get(), 0);
    if (base == MAP_FAILED)
        return io_error("map", path, errno);
    segment.base_ = static_cast<const unsigned char*>(base);
    TRY(check_header(segment.header(), path));
    segment.seed_ = writer_seed(segment.header().writer);
    segment.sealed_ = seal_fits(segment.header(), segment.seed_);
    return segment;
}

MappedSegment::~MappedSegment() {
    if (base_ != nullptr)
        ::munmap(const_cast<unsigned char*>(base_), size_);
}

MappedSegment::MappedSegment(MappedSegment&& other) noexcept
    : path_(std::move(other.path_)),
      base_(std::exchange(other.base_, nullptr)),
      size_(other.size_),
      seed_(other.seed_),
      writer_alive_(other.writer_alive_),
      sealed_(other.sealed_) {}

SegmentWalk::SegmentWalk(const MappedSegment& segment, const WriterPosition& taken,
                         std::optional<std::uint64_t> end_sequence)
    : segment_(segment),
      taken_(taken),
      end_sequence_(end_sequence),
      limit_(segment.sealed() ? std::min(segment.size(), segment.header().sealed_size) : segment.size()),
      offset_(sizeof(SegmentHeader)),
      sequence_(segment.header().first_sequence) {}

bool SegmentWalk::plausible(std::uint64_t offset, std::uint32_t size) const {
    return size >= kRecordSizeMin && size <= kRecordSizeMax && size % kRecordAlignment == 0 &&
           size <= limit_ - offset;
}

bool SegmentWalk::checksum_fits(std::uint64_t offset, std::uint32_t size, std::uint64_t sequence) const {
    const unsigned char* record = segment_.at(offset);
    return reinterpret_cast<const RecordHeader*>(record)->crc ==
           record_crc(segment_.seed(), size, sequence, record);
}

std::optional<std::uint64_t> SegmentWalk::known_end() const {
    if (segment_.sealed())
        return segment_.header().sealed_end;
    return end_sequence_;
}

std::optional<SegmentWalk::Step> SegmentWalk::next() {
    if (limit_ < kRecordSizeMin || offset_ > limit_ - kRecordSizeMin)
        return resynchronise(0);
    const unsigned char* record = segment_.at(offset_);
    const std::uint32_t size = load_size(record);
    if (plausible(offset_, size) && load_sequence(record) == sequence_ &&
        (taken_.has_taken(sequence_) || checksum_fits(offset_, size, sequence_))) {
        const FoundRecord found{offset_, size, sequence_};
        offset_ += size;
        ++sequence_;
        return Step{found, std::nullopt};
    }
    return resynchronise(size);
}

std::optional<FoundRecord> SegmentWalk::find_good_record(std::uint64_t from) const {
    for (std::uint64_t at = from; limit_ >= kRecordSizeMin && at <= limit_ - kRecordSizeMin;
         at += kRecordAlignment) {
        const std::uint32_t size = load_size(segment_.at(at));
        if (size == 0 || !plausible(at, size))
            continue;
        const std::uint64_t sequence = load_sequence(segment_.at(at));
        if (sequence >= sequence_ && sequence - sequence_ <= limit_ / kRecordSizeMin &&
            checksum_fits(at, size, sequence))
            return FoundRecord{at, size, sequence};
    }
    return std::nullopt;
}

// Nothing readable stands at offset_. In a living writer's open segment that is simply the end, for now.
std::optional<SegmentWalk::Step> SegmentWalk::resynchronise(std::uint32_t size_here) {
    if (!segment_.finished() && !end_sequence_)
        return std::nullopt;
    const auto end = known_end();
    if (end && sequence_ >= *end)
        return std::nullopt;
    UnreadableStretch stretch{offset_, 0, sequence_, sequence_, "the record's checksum does not fit"};
    if (const auto good = find_good_record(offset_)) {
        stretch.size = good->offset - offset_;
        stretch.end_sequence = good->sequence;
        offset_ = good->offset;
    } else if (end) {
        stretch.size = limit_ > offset_ ? limit_ - offset_ : 0;
        stretch.end_sequence = *end;
        if (segment_.size() < segment_.header().capacity)
            stretch.reason = "the segment was cut short";
        offset_ = limit_;
    } else if (size_here != 0) {
        // The size is stored last, so a record was committed here; how many followed nothing tells.
        stretch.size = limit_ - offset_;
        stretch.end_sequence = sequence_ + 1;
        offset_ = limit_;
        end_sequence_ = stretch.end_sequence;
    } else {
        return std::nullopt;  // a torn tail: begun, never committed
    }
    sequence_ = stretch.end_sequence;
    return Step{std::nullopt, stretch};
}

}  // namespace tally::capture
