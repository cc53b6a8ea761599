#include "capture/capture_log.hpp"

#include "base/file_descriptor.hpp"
#include "capture/log_scanner.hpp"
#include "capture/segment_name.hpp"
#include "capture/segment_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace tally::capture {

struct Scan::Mappings {
    std::map<SegmentName, MappedSegment> segments;
};

Scan::Scan() = default;
Scan::~Scan() = default;
Scan::Scan(Scan&&) noexcept = default;
Scan& Scan::operator=(Scan&&) noexcept = default;

struct CaptureLog::SyncState {
    std::mutex mutex;
    std::set<std::string> done;           // sealed and synced: will not change again; guarded by mutex
    std::map<std::string, Error> failed;  // never to be synced again; guarded by mutex
};

CaptureLog::CaptureLog(Path folder)
    : folder_(std::move(folder)), sync_state_(std::make_unique<SyncState>()) {}

CaptureLog::~CaptureLog() = default;
CaptureLog::CaptureLog(CaptureLog&&) noexcept = default;
CaptureLog& CaptureLog::operator=(CaptureLog&&) noexcept = default;

namespace {

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

Path segment_path(const Path& folder, const SegmentName& name) {
    return folder / fmt::format("{:016x}-{:08}.seg", name.writer, name.number);
}

// A header that cannot be read leaves the rest of the log readable; its records show up as missing between
// the segments around it, and the file stays where it is for a person to look at.
bool is_unreadable_header(const Error& error) {
    return error.code == ErrorCode::kCorruption;
}

Result<SegmentMap> map_segments(const Path& folder, std::vector<Damage>& damages) {
    TRY_ASSIGN(const auto names, list_segments(folder));
    SegmentMap segments;
    for (const SegmentName& name : names) {
        auto segment = MappedSegment::open(segment_path(folder, name));
        if (!segment.ok() && is_unreadable_header(segment.error())) {
            damages.push_back({segment_path(folder, name), 0, 0, name.writer, 0, 0, segment.error().message});
            continue;
        }
        if (!segment.ok() && segment.error().code == ErrorCode::kNotFound)
            return Error{ErrorCode::kConflict,
                         fmt::format("{} was removed during the scan", segment_path(folder, name).string())};
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

bool wholly_taken(const MappedSegment& segment, const Positions& committed) {
    const auto found = committed.writers.find(segment.header().writer);
    const WriterPosition position = found == committed.writers.end() ? WriterPosition{} : found->second;
    if (segment.sealed())
        return position.count_untaken(segment.header().first_sequence, segment.header().sealed_end) == 0;
    SegmentWalk walk(segment, position, std::nullopt);
    while (const auto step = walk.next()) {
        const auto [begin, end] =
            step->record ? std::pair(step->record->sequence, step->record->sequence + 1)
                         : std::pair(step->unreadable->first_sequence, step->unreadable->end_sequence);
        if (position.count_untaken(begin, end) > 0)
            return false;
    }
    return true;
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
    TRY_ASSIGN(scan.mappings_->segments, map_segments(folder_, scan.damages));
    for (const auto& [writer, segments] : by_writer(scan.mappings_->segments)) {
        WriterScanner scanner(segments, scan.next.writers[writer], scan, limits.records_max);
        if (!scanner.run()) {
            scan.more = true;
            break;
        }
    }
    std::erase_if(scan.next.writers, [&](const auto& entry) {
        return entry.second == WriterPosition{} && !from.writers.contains(entry.first);
    });
    return scan;
}

Result<std::size_t> CaptureLog::remove_taken(const Positions& committed) {
    std::vector<Damage> unreadable;
    TRY_ASSIGN(auto segments, map_segments(folder_, unreadable));
    std::size_t removed = 0;
    for (const auto& [name, segment] : segments) {
        if (!segment.finished() || !wholly_taken(segment, committed))
            continue;
        if (::unlink(segment.path().c_str()) != 0 && errno != ENOENT)
            return io_error("remove", segment.path(), errno);
        ++removed;
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

Status CaptureLog::sync() {
    TRY_ASSIGN(const auto names, list_segments(folder_));
    const std::lock_guard lock(sync_state_->mutex);
    std::set<std::string> present;
    for (const SegmentName& name : names) {
        const Path path = segment_path(folder_, name);
        present.insert(path.string());
        if (sync_state_->done.contains(path.string()) || sync_state_->failed.contains(path.string()))
            continue;
        auto segment = MappedSegment::open(path);
        if (!segment.ok())
            continue;  // gone, or for scan() to report
        const bool was_sealed = segment->sealed();
        const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file.valid())
            continue;
        if (::fdatasync(file.get()) != 0)
            sync_state_->failed.emplace(path.string(), io_error("sync", path, errno));
        else if (was_sealed)
            sync_state_->done.insert(path.string());
    }
    std::erase_if(sync_state_->done, [&](const std::string& path) { return !present.contains(path); });
    std::erase_if(sync_state_->failed, [&](const auto& entry) { return !present.contains(entry.first); });
    if (!sync_state_->failed.empty())
        return sync_state_->failed.begin()->second;
    return {};
}

}  // namespace tally::capture
