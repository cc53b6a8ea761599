#include "query/cut.hpp"

#include "model/requests_table.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace tally::query {
namespace {

std::string local_path(std::string_view location) {
    for (const std::string_view scheme : {"file://", "file:"})
        if (location.starts_with(scheme))
            return std::string(location.substr(scheme.size()));
    return std::string(location);
}

// A writer that gives no counts of values leaves it open what is in the file.
bool has_all_columns(const lake::DataFile& file) {
    return file.value_counts.contains(kRequestsColumns.back().field_id);
}

Result<DataPaths> paths_of(const lake::Table& table, const lake::TableState& state, SnapshotId snapshot) {
    TRY_ASSIGN(const auto files, table.files(state, snapshot));
    DataPaths paths;
    for (const lake::DataFile& file : files)
        (has_all_columns(file) ? paths.whole : paths.older).push_back(local_path(file.path));
    return paths;
}

Result<std::vector<capture::Scan>> scan_beyond(const capture::CaptureLog& log, capture::Positions from) {
    std::vector<capture::Scan> scans;
    for (bool more = true; more;) {
        TRY_ASSIGN(capture::Scan scan, log.scan(from));
        from = scan.next;
        more = scan.more;
        if (!scan.records.empty())
            scans.push_back(std::move(scan));
    }
    return scans;
}

Result<LoadedCut> load_snapshot(const lake::Table& table, const lake::TableState& state,
                                SnapshotId snapshot) {
    if (state.find(snapshot) == nullptr)
        return Error{ErrorCode::kNotFound, "the table " + table.name() + " has no snapshot " +
                                               std::to_string(snapshot.value()) +
                                               "; it may have expired, `tallyman lake snapshots` lists them"};
    LoadedCut cut;
    TRY_ASSIGN(cut.files, paths_of(table, state, snapshot));
    return cut;
}

Result<LoadedCut> read_newest(const capture::CaptureLog& log, const lake::Table& table,
                              const lake::TableState& state) {
    TRY_ASSIGN(capture::Positions positions, positions_of(state));
    LoadedCut cut;
    if (state.current.has_value()) {
        TRY_ASSIGN(cut.files, paths_of(table, state, *state.current));
    }
    TRY_ASSIGN(cut.tail, scan_beyond(log, std::move(positions)));
    return cut;
}

// Positions and records belong together: nothing is removed between reading the one and mapping the other.
Result<LoadedCut> load_newest(const capture::CaptureLog& log, const lake::Table& table) {
    const auto kept = log.keep_segments();
    TRY_ASSIGN(const lake::TableState state, table.state());
    return read_newest(log, table, state);
}

}  // namespace

Result<capture::Positions> positions_of(const lake::TableState& state) {
    const lake::SnapshotInfo* snapshot = state.current_snapshot();
    while (snapshot != nullptr) {
        const auto found = snapshot->summary.find(std::string(capture::kPositionsKey));
        if (found != snapshot->summary.end())
            return capture::Positions::from_json(found->second);
        if (!snapshot->parent.has_value())
            break;
        const SnapshotId parent = *snapshot->parent;
        snapshot = state.find(parent);
        if (snapshot == nullptr)
            return Error{ErrorCode::kCorruption,
                         "no snapshot left tells how far the capture log was delivered: snapshot " +
                             std::to_string(parent.value()) +
                             " has expired. Ask for a snapshot alone (--snapshot) until the next delivery"};
    }
    return capture::Positions{};
}

Result<LoadedCut> load_cut(const capture::CaptureLog& log, const lake::Table& table, const Cut& wanted) {
    if (wanted.snapshot.has_value() && wanted.as_of.has_value())
        return Error{ErrorCode::kInvalidArgument, "a query takes a snapshot or a time, not both"};
    if (wanted.snapshot.has_value() || wanted.as_of.has_value()) {
        TRY_ASSIGN(const lake::TableState state, table.state());
        if (wanted.snapshot.has_value())
            return load_snapshot(table, state, *wanted.snapshot);
        TRY_ASSIGN(const SnapshotId snapshot, lake::Table::snapshot_at(state, *wanted.as_of));
        return load_snapshot(table, state, snapshot);
    }
    return load_newest(log, table);
}

}  // namespace tally::query
