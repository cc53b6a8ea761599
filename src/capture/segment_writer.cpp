#include "capture/segment_writer.hpp"

#include "capture/open_segment.hpp"

#include <cassert>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace tally::capture {

namespace {

constexpr std::uint64_t kSegmentSizeMin = 4096;
constexpr std::uint64_t kSegmentSizeMax = 1ULL << 30;
constexpr std::uint64_t kTouchAhead = 1ULL << 20;
constexpr std::uint64_t kPageSize = 4096;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
    return (value + step - 1) / step * step;
}

template <class T>
constexpr T lesser(T a, T b) {
    return a < b ? a : b;
}

struct FilePath {
    char text[PATH_MAX];
};

bool make_path(FilePath& out, const WriterOptions& options, std::uint64_t writer, std::uint64_t number) {
    const int length =
        std::snprintf(out.text, sizeof out.text, "%s/%016llx-%08llu.seg", options.folder,
                      static_cast<unsigned long long>(writer), static_cast<unsigned long long>(number));
    return length > 0 && static_cast<std::size_t>(length) < sizeof out.text;
}

bool make_temporary_path(FilePath& out, const WriterOptions& options, std::uint64_t writer,
                         const OpenSegment& segment) {
    const int length = std::snprintf(out.text, sizeof out.text, "%s/%016llx-%08llu.%u.tmp", options.folder,
                                     static_cast<unsigned long long>(writer),
                                     static_cast<unsigned long long>(segment.number), segment.attempt);
    return length > 0 && static_cast<std::size_t>(length) < sizeof out.text;
}

bool is_segment_or_leftover(const char* name) {
    const std::size_t length = std::strlen(name);
    return length > 4 &&
           (std::strcmp(name + length - 4, ".seg") == 0 || std::strcmp(name + length - 4, ".tmp") == 0);
}

// Bytes of all segments in the folder, leftovers of crashes among them: a crash loop must not fill the disk.
int measure_folder(const char* folder, std::uint64_t& size) {
    DIR* entries = ::opendir(folder);
    if (entries == nullptr)
        return errno;
    size = 0;
    while (const dirent* entry = ::readdir(entries)) {
        struct stat info {};

        if (is_segment_or_leftover(entry->d_name) &&
            ::fstatat(::dirfd(entries), entry->d_name, &info, 0) == 0)
            size += static_cast<std::uint64_t>(info.st_size);
    }
    ::closedir(entries);
    return 0;
}

int check_room(const WriterOptions& options) {
    rlimit limit{};
    // Beyond this limit fallocate would not only fail but raise SIGXFSZ.
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        options.segment_size > limit.rlim_cur)
        return EFBIG;
    std::uint64_t size = 0;
    if (const int error = measure_folder(options.folder, size); error != 0)
        return error;
    return size + options.segment_size > options.folder_size_max ? ENOSPC : 0;
}

// A new file that this process has locked. The server removes unlocked leftovers, so between creating and
// locking it may take the file away; then another name is tried, because the server still knows the old one.
int create_locked(const WriterOptions& options, std::uint64_t writer, OpenSegment& segment, FilePath& path) {
    for (segment.attempt = 0; segment.attempt < 16; ++segment.attempt) {
        if (!make_temporary_path(path, options, writer, segment))
            return ENAMETOOLONG;
        segment.fd = ::open(path.text, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        if (segment.fd < 0 && errno != EEXIST)
            return errno;

        struct stat info {};

        if (segment.fd >= 0 && ::flock(segment.fd, LOCK_EX | LOCK_NB) == 0 &&
            ::fstat(segment.fd, &info) == 0 && info.st_nlink == 1)
            return 0;
        if (segment.fd >= 0)
            ::close(segment.fd);
        segment.fd = -1;
    }
    return EAGAIN;
}

int preallocate(int fd, std::uint64_t size) {
    int error = EINTR;
    while (error == EINTR)
        error = ::posix_fallocate(fd, 0, static_cast<off_t>(size));
    return error;
}

int rename_to_free_name(const char* from, const char* to) {
    if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    // A file system without the flag. A writer id is used once, so nobody takes the name in between.
    if (::access(to, F_OK) == 0)
        return EEXIST;
    return ::rename(from, to) == 0 ? 0 : errno;
}

// Unmaps and closes, which ends the lock.
void close_segment(OpenSegment* segment) {
    if (segment->base != nullptr)
        ::munmap(segment->base, segment->capacity);
    if (segment->fd >= 0)
        ::close(segment->fd);
    std::free(segment);
}

void seal(OpenSegment* segment, std::uint32_t seed, std::uint64_t end_sequence) {
    SegmentHeader& header = segment->header();
    header.sealed_size = segment->used;
    header.sealed_end = end_sequence;
    header.seal_crc = seal_crc(seed, segment->number, segment->used, end_sequence);
    __atomic_store_n(&header.sealed, 1U, __ATOMIC_RELEASE);
}

// A suspect segment gets no seal: nobody shall take it for one that is safe.
void finish_segment(OpenSegment* segment, std::uint32_t seed, std::uint64_t end_sequence) {
    if (!segment->suspect())
        seal(segment, seed, end_sequence);
    close_segment(segment);
}

// Takes the page faults of the next `room` bytes now, so that requests do not.
void touch_ahead(OpenSegment* segment, std::uint64_t room) {
    const std::uint64_t begin = segment->touched > segment->used ? segment->touched : segment->used;
    const std::uint64_t first = begin / kPageSize * kPageSize;
    const std::uint64_t last = lesser(segment->capacity, round_up(segment->used + room, kPageSize));
    if (first >= last)
        return;
    if (::madvise(segment->base + first, last - first, MADV_POPULATE_WRITE) != 0) {
        for (std::uint64_t at = first; at < last; at += kPageSize) {
            volatile unsigned char* page = segment->base + at;
            *page = *page;
        }
    }
    segment->touched = last;
}

// What an abandoned record left behind: the next record may be shorter, and behind it must be zeros.
void wipe_abandoned(OpenSegment* segment) {
    if (segment->building_end > segment->used)
        std::memset(segment->base + segment->used, 0, segment->building_end - segment->used);
    segment->building_end = 0;
}

}  // namespace

void RecordBuilder::add(StringIndex index, const void* data, std::size_t size) {
    assert(index < kStringCount);
    for (unsigned later = index + 1; later < kStringCount; ++later)
        assert(lengths[later] == 0);
    const auto room = static_cast<std::size_t>(end - strings);
    const std::size_t fits = lesser<std::size_t>(room, kStringSizeMax - lengths[index]);
    if (size > fits) {
        size = fits;
        fixed->flags |= kFlagCut;
    }
    if (size == 0)
        return;
    std::memcpy(strings, data, size);
    strings += size;
    lengths[index] = static_cast<std::uint16_t>(lengths[index] + size);
}

SegmentWriter::~SegmentWriter() {
    close();
}

int SegmentWriter::open(const WriterOptions& options, std::uint64_t writer, std::uint64_t now_us) {
    if (current_ != nullptr)
        return EBUSY;
    if (options.folder == nullptr || options.segment_size < kSegmentSizeMin ||
        options.segment_size > kSegmentSizeMax)
        return EINVAL;
    options_ = options;
    options_.segment_size = round_up(options.segment_size, kRecordAlignment);
    record_size_max_ = (options_.segment_size - sizeof(SegmentHeader)) / kRecordAlignment * kRecordAlignment;
    writer_ = writer;
    seed_ = writer_seed(writer);
    next_segment_ = 0;
    next_sequence_ = 0;
    return last_errno_ = rotate(now_us);
}

// A locked, preallocated, mapped file under its temporary name. Everything that can fail for want of room
// fails here: writing to the mapping later never does.
int SegmentWriter::make_segment(OpenSegment** out) const {
    if (const int error = check_room(options_); error != 0)
        return error;
    auto* segment = static_cast<OpenSegment*>(std::calloc(1, sizeof(OpenSegment)));
    if (segment == nullptr)
        return ENOMEM;
    segment->number = next_segment_;
    segment->capacity = options_.segment_size;
    segment->end = segment->capacity;
    segment->used = sizeof(SegmentHeader);
    FilePath path{};
    int error = create_locked(options_, writer_, *segment, path);
    if (error == 0) {
        error = preallocate(segment->fd, segment->capacity);
        if (error == 0) {
            void* base =
                ::mmap(nullptr, segment->capacity, PROT_READ | PROT_WRITE, MAP_SHARED, segment->fd, 0);
            if (base != MAP_FAILED)
                segment->base = static_cast<unsigned char*>(base);
            else
                error = errno;
        }
        if (error != 0)
            ::unlink(path.text);
    }
    if (error != 0) {
        close_segment(segment);
        return error;
    }
    *out = segment;
    return 0;
}

// Writes the header and gives the file its name, in this order: a reader never sees half a header.
int SegmentWriter::put_in_use(OpenSegment* segment, std::uint64_t now_us) {
    SegmentHeader& header = segment->header();
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    header.version = kFormatVersion;
    header.header_size = sizeof(SegmentHeader);
    header.writer = writer_;
    header.segment_number = segment->number;
    header.first_sequence = next_sequence_;
    header.created_us = now_us;
    header.capacity = segment->capacity;
    header.pid = static_cast<std::uint32_t>(::getpid());
    header.header_crc = crc32c(&header, kHeaderCrcSpan);
    FilePath temporary{};
    FilePath path{};
    if (!make_temporary_path(temporary, options_, writer_, *segment) ||
        !make_path(path, options_, writer_, segment->number))
        return ENAMETOOLONG;
    const int error = rename_to_free_name(temporary.text, path.text);
    if (error != 0)
        ::unlink(temporary.text);
    return error;
}

// The current segment stays until its successor is there: a living writer always has a segment in the folder.
int SegmentWriter::rotate(std::uint64_t now_us) {
    OpenSegment* next = ahead_;
    ahead_ = nullptr;
    if (next == nullptr) {
        if (const int error = make_segment(&next); error != 0)
            return error;
    }
    if (const int error = put_in_use(next, now_us); error != 0) {
        close_segment(next);
        return error;
    }
    if (current_ != nullptr)
        retire_current();
    current_ = next;
    ++next_segment_;
    return 0;
}

void SegmentWriter::retire_current() {
    wipe_abandoned(current_);
    if (current_->pending == 0) {
        finish_segment(current_, seed_, next_sequence_);
    } else {
        // Kept for seal(): the sequence behind the last record is known now and not later.
        current_->header().sealed_end = next_sequence_;
        current_->next = retired_;
        retired_ = current_;
    }
    current_ = nullptr;
}

void SegmentWriter::finish_retired(OpenSegment* segment) {
    OpenSegment** link = &retired_;
    while (*link != nullptr && *link != segment)
        link = &(*link)->next;
    assert(*link == segment);
    *link = segment->next;
    finish_segment(segment, seed_, segment->header().sealed_end);
}

// What a record of `size` bytes gets.
std::uint64_t SegmentWriter::room_for(std::size_t size) const {
    const std::uint64_t room = round_up(size, kRecordAlignment);
    if (room >= kRecordSizeMin && room <= kRecordSizeMax && room <= record_size_max_) [[likely]]
        return room;
    const std::uint64_t least = room < kRecordSizeMin ? kRecordSizeMin : room;
    return lesser<std::uint64_t>(lesser<std::uint64_t>(least, kRecordSizeMax), record_size_max_);
}

bool SegmentWriter::begin(std::size_t size, std::uint64_t now_us, RecordBuilder& out) {
    if (current_ == nullptr) {
        last_errno_ = EBADF;
        return false;
    }
    const std::uint64_t room = room_for(size);
    if (current_->end - current_->used < room) [[unlikely]] {
        // A clock that was set back must not stretch the pause.
        if (last_errno_ != 0 && ahead_ == nullptr && now_us < retry_at_us_ &&
            retry_at_us_ - now_us <= kRetryPauseUs)
            return false;
        last_errno_ = rotate(now_us);
        retry_at_us_ = now_us + kRetryPauseUs;
        if (last_errno_ != 0)
            return false;
    }
    wipe_abandoned(current_);
    unsigned char* record = current_->base + current_->used;
    current_->building_end = current_->used + room;
    out.header = reinterpret_cast<RecordHeader*>(record);
    out.completion = reinterpret_cast<Completion*>(record + kCompletionOffset);
    out.fixed = reinterpret_cast<FixedPart*>(record + kFixedOffset);
    out.lengths = reinterpret_cast<std::uint16_t*>(record + kLengthsOffset);
    out.strings = record + kStringsOffset;
    out.end = record + room;
    out.segment = current_;
    return true;
}

PendingRecord SegmentWriter::commit(RecordBuilder& record) {
    OpenSegment* segment = record.segment;
    assert(segment == current_ && segment->building_end != 0);
    auto* start = reinterpret_cast<unsigned char*>(record.header);
    const auto size = static_cast<std::uint32_t>(
        round_up(static_cast<std::uint64_t>(record.strings - start), kRecordAlignment));
    const std::uint64_t sequence = next_sequence_++;
    const std::uint32_t state = record.completion->state;
    record.fixed->first_status = record.completion->status;
    record.fixed->first_cache_status = record.completion->cache_status;
    record.completion->crc = completion_crc(seed_, sequence, state, *record.completion);
    record.header->sequence = sequence;
    record.header->crc = record_crc(seed_, size, sequence, start);
    // From this store on the record exists, whatever happens to the process.
    __atomic_store_n(&record.header->size, size, __ATOMIC_RELEASE);
    segment->used += size;
    segment->building_end = 0;
    PendingRecord pending;
    if (state == kPending) {
        ++segment->pending;
        pending.segment = segment;
        pending.completion = record.completion;
        pending.sequence = sequence;
    }
    return pending;
}

void SegmentWriter::complete(PendingRecord& pending, const Completion& values) {
    if (pending.segment == nullptr)
        return;
    std::memcpy(&pending.completion->time_taken_us, &values.time_taken_us,
                sizeof(Completion) - kCompletionFields);
    complete_in_place(pending);
}

void SegmentWriter::complete_in_place(PendingRecord& pending) {
    OpenSegment* segment = pending.segment;
    Completion& completion = *pending.completion;
    completion.crc = completion_crc(seed_, pending.sequence, kDone, completion);
    __atomic_store_n(&completion.state, kDone, __ATOMIC_RELEASE);
    pending = PendingRecord{};
    unpin(segment);
}

int SegmentWriter::prepare_ahead(std::uint64_t now_us) {
    if (current_ == nullptr)
        return EBADF;
    if (current_->suspect())
        abandon_current(now_us);
    touch_ahead(current_, kTouchAhead);
    const bool half_full = current_->used > current_->end / 2;
    if (ahead_ == nullptr && (half_full || last_errno_ != 0)) {
        last_errno_ = make_segment(&ahead_);
        retry_at_us_ = now_us + kRetryPauseUs;
    }
    if (ahead_ != nullptr)
        touch_ahead(ahead_, kTouchAhead);
    return last_errno_;
}

void SegmentWriter::close() {
    if (current_ != nullptr)
        retire_current();
    while (retired_ != nullptr) {
        OpenSegment* segment = retired_;
        retired_ = segment->next;
        close_segment(segment);
    }
    if (ahead_ != nullptr) {
        FilePath path{};
        if (make_temporary_path(path, options_, writer_, *ahead_))
            ::unlink(path.text);
        close_segment(ahead_);
        ahead_ = nullptr;
    }
}

bool SegmentWriter::ensure_room(std::uint64_t now_us) {
    if (current_ == nullptr)
        return false;
    if (ahead_ != nullptr || current_->end - current_->used >= kRecordSizeMax)
        return true;
    if (last_errno_ == 0) {
        last_errno_ = make_segment(&ahead_);
        retry_at_us_ = now_us + kRetryPauseUs;
    }
    return ahead_ != nullptr;
}

bool SegmentWriter::has_room() const {
    if (current_ == nullptr)
        return false;
    return ahead_ != nullptr || last_errno_ == 0 || current_->end - current_->used >= kRecordSizeMax;
}

}  // namespace tally::capture
