#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "base/time_text.hpp"

#include <algorithm>

namespace tally::api {
namespace {

struct TableStatus {
    std::string name;
    std::string metadata_location;
    std::optional<SnapshotId> snapshot;  // nullopt iff nothing was ever committed
    std::int64_t rows = 0;
    std::int64_t files = 0;
    std::int64_t bytes = 0;
};

struct LakeStatus {
    std::vector<TableStatus> tables;
    std::uint64_t undelivered_rows = 0;
};

struct SnapshotPage {
    std::vector<lake::SnapshotInfo> page;
    std::string next_cursor;
};

std::string text_of(SnapshotId id) {
    return std::to_string(id.value());
}

Result<TableStatus> status_of(const lake::Table& table) {
    TRY_ASSIGN(const auto state, table.state());
    TableStatus status{table.name(), state.metadata_location, state.current, 0, 0, 0};
    if (!state.current)
        return status;
    TRY_ASSIGN(const auto files, table.files(state, *state.current));
    status.files = static_cast<std::int64_t>(files.size());
    for (const auto& file : files) {
        status.rows += file.record_count;
        status.bytes += file.file_size;
    }
    return status;
}

std::string write_status(const LakeStatus& lake) {
    JsonWriter json;
    json.begin_object().key("tables").begin_array();
    for (const auto& table : lake.tables) {
        json.begin_object().field("name", table.name).field("metadata_location", table.metadata_location);
        json.field_or_null("snapshot_id", table.snapshot ? text_of(*table.snapshot) : "");
        json.field("rows", table.rows).field("files", table.files).field("bytes", table.bytes).end_object();
    }
    json.end_array().field("undelivered_rows", static_cast<std::int64_t>(lake.undelivered_rows)).end_object();
    return json.take();
}

// Newest first; the cursor is the last snapshot shown.
Result<SnapshotPage> snapshots_of(const lake::Table& table, const accounts::PageRequest& request) {
    TRY_ASSIGN(const auto state, table.state());
    std::vector<lake::SnapshotInfo> all(state.snapshots.rbegin(), state.snapshots.rend());
    auto begin = all.begin();
    if (!request.cursor.empty()) {
        begin = std::find_if(all.begin(), all.end(),
                             [&](const auto& s) { return text_of(s.id) == request.cursor; });
        if (begin == all.end())
            return Error{ErrorCode::kInvalidArgument,
                         "the cursor is not one of ours, or its snapshot is gone"};
        ++begin;
    }
    const auto left = static_cast<std::size_t>(all.end() - begin);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(request.limit, left));
    SnapshotPage page{{begin, end}, {}};
    if (end != all.end())
        page.next_cursor = text_of(page.page.back().id);
    return page;
}

void write_snapshot(JsonWriter& json, const lake::SnapshotInfo& snapshot) {
    json.begin_object().field("snapshot_id", text_of(snapshot.id));
    json.field_or_null("parent_id", snapshot.parent ? text_of(*snapshot.parent) : "");
    json.field("sequence_number", snapshot.sequence_number);
    json.field("committed_at", format_rfc3339(snapshot.committed_at));
    json.key("summary").begin_object();
    for (const auto& [name, value] : snapshot.summary)
        json.field(name, value);
    json.end_object().end_object();
}

constexpr const char* kLakeStatus =
    R"({"type":"object","required":["tables","undelivered_rows"],"properties":{"tables":{"type":"array","items":{)"
    R"("type":"object","properties":{"name":{"type":"string"},"metadata_location":{"type":"string"},)"
    R"("snapshot_id":{"type":["string","null"]},"rows":{"type":"integer"},"files":{"type":"integer"},)"
    R"("bytes":{"type":"integer"}}}},"undelivered_rows":{"type":"integer"}}})";

}  // namespace

std::vector<Route> lake_routes(DeliveryControl& delivery, const lake::Table& requests) {
    const auto nothing = [](const Request&) -> Result<int> { return 0; };
    const auto status = [&delivery, &requests](int) -> Result<LakeStatus> {
        LakeStatus lake;
        TRY_ASSIGN(auto table, status_of(requests));
        lake.tables.push_back(std::move(table));
        TRY_ASSIGN(lake.undelivered_rows, delivery.undelivered_rows());
        return lake;
    };
    const auto snapshots = [&requests](const accounts::PageRequest& page) {
        return snapshots_of(requests, page);
    };
    const auto write = [](const SnapshotPage& page) {
        return list_to_json(page.page, page.next_cursor, write_snapshot);
    };
    return {
        {"GET",
         "/v1/lake",
         Access::kAdmin,
         Cost::kHeavy,
         "The tables, and what is captured but not in them yet.",
         {},
         "",
         kLakeStatus,
         endpoint(nothing, status, write_status)},
        {"GET", "/v1/lake/snapshots", Access::kAdmin, Cost::kHeavy,
         "The snapshots of the requests table, newest first.", page_parameters(), "", kListSchema,
         endpoint(read_page, snapshots, write)},
    };
}

}  // namespace tally::api
