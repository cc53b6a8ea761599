#include "capture/capture_log.hpp"

#include "base/file_descriptor.hpp"
#include "capture/log_scanner.hpp"
#include "capture/segment_name.hpp"
#include "capture/segment_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::capture {

struct Scan::Mappings {
    std::map<SegmentName, MappedSegment> segments;
    TextArena texts;  // texts that stand in no segment as they are
};

Scan::Scan() = default;
Scan::~Scan() = default;
Scan::Scan(Scan&&) noexcept = default;
Scan& Scan::operator=(Scan&&) noexcept = default;

struct CaptureLog::SyncState {
    std::shared_timed_mutex removal;  // shared: segments are needed; alone: they may be removed
    std::mutex mutex;
    std::set<std::string> named;          // whose names are durable; guarded by mutex
    std::set<std::string> done;           // finished and synced: will not change again; guarded by mutex
    std::map<std::string, Error> failed;  // never to be synced again; guarded by mutex
};

CaptureLog::CaptureLog(Path folder)
    : folder_(std::move(folder)), sync_state_(std::make_unique<SyncState>()) {}

CaptureLog::~CaptureLog() = default;
CaptureLog::CaptureLog(CaptureLog&&) noexcept = default;
CaptureLog& CaptureLog::operator=(CaptureLog&&) noexcept = default;

namespace {

constexpr std::chrono::seconds kRemovalPatience{1};

using SegmentMap = std::map<SegmentName, MappedSegment>;

Result<std::vector<SegmentName>> list_segments(const Path& folder) {
    PosixFileSystem files;
    TRY_ASSIGN(const auto names, files.list(folder));
    std::vector<SegmentName> segments;
    for (const std::string& name : names)
        if (const auto parsed = parse_segment_name(name))
            segments.push_back(*parsed);
    std::sort(segments.begin(), segments.end());
    return segments;
}

Result<SegmentMap> map_segments(const Path& folder) {
    TRY_ASSIGN(const auto names, list_segments(folder));
    SegmentMap segments;
    for (const SegmentName& name : names) {
        auto segment = MappedSegment::open(folder, name);
        if (!segment.ok() && segment.error().code == ErrorCode::kNotFound)
            return Error{ErrorCode::kConflict,
                         fmt::format("{} was removed during the scan", (folder / name.file_name()).string())};
        if (!segment.ok())
            return segment.error();
        segments.emplace(name, std::move(*segment));
    }
    return segments;
}

std::map<std::uint64_t, std::vector<MappedSegment*>> by_writer(SegmentMap& segments) {
    std::map<std::uint64_t, std::vector<MappedSegment*>> writers;
    for (auto& [name, segment] : segments)
        writers[name.writer].push_back(&segment);
    return writers;
}

// A segment of which nothing at all can be read stays: a person may still want to look at it.
bool wholly_taken(const MappedSegment& segment, std::optional<std::uint64_t> start_of_next,
                  const WriterPosition& position) {
    if (segment.header_state() == HeaderState::kBlank)
        return true;
    SegmentWalk walk(segment, 0, start_of_next);
    const std::optional<std::uint64_t> end = walk.known_end();
    if (const auto first = segment.first_sequence(); first && end)
        return position.count_untaken(*first, *end) == 0;
    bool found_records = false;
    while (const auto step = walk.next()) {
        const auto [from, to] =
            step->record ? std::pair(step->record->sequence, step->record->sequence + 1)
                         : std::pair(step->unreadable->first_sequence, step->unreadable->end_sequence);
        if (position.count_untaken(from, to) > 0)
            return false;
        found_records = found_records || step->record;
    }
    return found_records || segment.header_state() == HeaderState::kSound;
}

Status remove_segment(const MappedSegment& segment) {
    if (::unlink(segment.path().c_str()) != 0 && errno != ENOENT)
        return io_error("remove", segment.path(), errno);
    return {};
}

// As many records as the scan can find at most, so that the vector is never moved: address space, not memory.
std::size_t records_at_most(const SegmentMap& segments, const Positions& from, std::size_t records_max) {
    const WriterPosition nothing_taken;
    std::uint64_t records = 0;
    for (const auto& [name, segment] : segments) {
        const auto found = from.writers.find(name.writer);
        const WriterPosition& position = found == from.writers.end() ? nothing_taken : found->second;
        const auto first = segment.first_sequence();
        records += first && segment.sealed() ? position.count_untaken(*first, segment.sealed_end())
                                             : segment.size() / kRecordSizeMin;
    }
    return std::min<std::uint64_t>(records, records_max);
}

// Files that a writer was making when it died. A living one holds the lock.
Status remove_leftovers(const Path& folder) {
    PosixFileSystem files;
    TRY_ASSIGN(const auto names, files.list(folder));
    for (const std::string& name : names) {
        if (!name.ends_with(".tmp"))
            continue;
        const FileDescriptor file(::open((folder / name).c_str(), O_RDONLY | O_CLOEXEC));
        if (file.valid() && ::flock(file.get(), LOCK_SH | LOCK_NB) == 0)
            ::unlink((folder / name).c_str());
    }
    return {};
}

}  // namespace

Result<Scan> CaptureLog::scan(const Positions& from, const ScanLimits& limits) const {
    Scan scan;
    scan.mappings_ = std::make_unique<Scan::Mappings>();
    scan.next = from;
    TRY_ASSIGN(scan.mappings_->segments, map_segments(folder_));
    scan.records.reserve(records_at_most(scan.mappings_->segments, from, limits.records_max));
    for (const auto& [writer, segments] : by_writer(scan.mappings_->segments))
        WriterScanner(segments, scan.next.writers[writer], scan, scan.mappings_->texts, limits.records_max)
            .run();
    std::erase_if(scan.next.writers, [&](const auto& entry) {
        return entry.second == WriterPosition{} && !from.writers.contains(entry.first);
    });
    return scan;
}

std::shared_lock<std::shared_timed_mutex> CaptureLog::keep_segments() const {
    return std::shared_lock(sync_state_->removal);
}

Result<std::size_t> CaptureLog::remove_taken(const Positions& committed) {
    // Readers hold it for a scan. Where they never leave a gap, the next call removes what this one did not.
    const std::unique_lock removal(sync_state_->removal, kRemovalPatience);
    if (!removal.owns_lock())
        return std::size_t{0};
    TRY_ASSIGN(auto mapped, map_segments(folder_));
    std::size_t removed = 0;
    for (const auto& [writer, segments] : by_writer(mapped)) {
        const auto found = committed.writers.find(writer);
        const WriterPosition position = found == committed.writers.end() ? WriterPosition{} : found->second;
        for (std::size_t i = 0; i < segments.size(); ++i) {
            if (!segments[i]->finished() || !wholly_taken(*segments[i], start_of_next(segments, i), position))
                continue;
            TRY(remove_segment(*segments[i]));
            ++removed;
        }
    }
    TRY(remove_leftovers(folder_));
    if (removed > 0)
        TRY(PosixFileSystem().sync_folder(folder_));
    return removed;
}

Result<Positions> CaptureLog::without_gone_writers(const Positions& positions) const {
    TRY_ASSIGN(const auto names, list_segments(folder_));
    std::set<std::uint64_t> here;
    for (const SegmentName& name : names)
        here.insert(name.writer);
    Positions kept;
    for (const auto& [writer, position] : positions.writers)
        if (here.contains(writer))
            kept.writers.emplace(writer, position);
    if (kept.writers.size() < positions.writers.size())
        TRY(PosixFileSystem().sync_folder(folder_));
    return kept;
}

namespace {

// Tells the writer, and whoever syncs this log after us.
bool mark_suspect(const Path& path) {
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const std::uint32_t suspect = 1;
    return file.valid() &&
           ::pwrite(file.get(), &suspect, sizeof suspect, offsetof(SegmentHeader, suspect)) == sizeof suspect;
}

Status sync_segment(const MappedSegment& segment, const FileDescriptor& file) {
    const Path& path = segment.path();
    if (segment.suspect())
        return Error{ErrorCode::kIo,
                     fmt::format("{} could not be synced before; what it holds is not safe from power loss "
                                 "until it is delivered",
                                 path.string())};
    if (::fdatasync(file.get()) == 0)
        return {};
    Error error = io_error("sync", path, errno);
    if (!mark_suspect(path))
        error.message += "; nor can its writer be told to leave it";
    return error;
}

}  // namespace

Status CaptureLog::sync() {
    TRY_ASSIGN(const auto names, list_segments(folder_));
    const std::lock_guard lock(sync_state_->mutex);
    std::set<std::string> present;
    for (const SegmentName& name : names) {
        const Path path = folder_ / name.file_name();
        present.insert(path.string());
        if (sync_state_->done.contains(path.string()) || sync_state_->failed.contains(path.string()))
            continue;
        auto segment = MappedSegment::open(folder_, name);
        if (!segment.ok())
            continue;  // gone, or for scan() to report
        const bool was_finished = segment->finished();
        const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file.valid())
            continue;
        if (const Status synced = sync_segment(*segment, file); !synced.ok())
            sync_state_->failed.emplace(path.string(), synced.error());
        else if (was_finished)
            sync_state_->done.insert(path.string());
    }
    // A record is only as safe as the name of its file.
    if (!std::includes(sync_state_->named.begin(), sync_state_->named.end(), present.begin(), present.end()))
        TRY(PosixFileSystem().sync_folder(folder_));
    sync_state_->named = present;
    std::erase_if(sync_state_->done, [&](const std::string& path) { return !present.contains(path); });
    std::erase_if(sync_state_->failed, [&](const auto& entry) { return !present.contains(entry.first); });
    if (!sync_state_->failed.empty())
        return sync_state_->failed.begin()->second;
    return {};
}

}  // namespace tally::capture
