#include "lake/table.hpp"

#include "base/time_text.hpp"
#include "lake/append_commit.hpp"
#include "lake/batch_check.hpp"
#include "lake/location.hpp"
#include "lake/metadata_cache.hpp"
#include "lake/parquet_file.hpp"
#include "lake/snapshot_files.hpp"
#include "lake/snapshot_summary.hpp"
#include "lake/table_metadata.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace tally::lake {
namespace {

constexpr int kChangesMax = 5;

Status check_definition(const TableDefinition& definition) {
    std::set<int> ids;
    std::set<std::string> names;
    for (const Field& field : definition.fields)
        if (!ids.insert(field.id).second || !names.insert(field.name).second)
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("table {}: column '{}' (field id {}) is there twice", definition.name,
                                     field.name, field.id)};
    for (const Field& field : definition.fields)
        if (field.name == definition.partition_by && field.type == ColumnType::kTimestampTz && field.required)
            return {};
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("table {}: '{}' is no required timestamptz column to partition by",
                             definition.name, definition.partition_by)};
}

// Whether the table is an older one that lacks the definition's last columns and nothing else.
bool lacks_columns(const TableDefinition& definition, const TableMetadata& table) {
    const std::vector<Field>& wanted = definition.fields;
    const std::size_t there = table.fields.size();
    const auto added = wanted.begin() + static_cast<std::ptrdiff_t>(std::min(there, wanted.size()));
    return there < wanted.size() && std::equal(wanted.begin(), added, table.fields.begin()) &&
           std::none_of(added, wanted.end(), [](const Field& field) { return field.required; }) &&
           definition.partition_by == table.partition_by && definition.sort_by == table.sort_by;
}

// A table that a newer version of Tallyman, or another engine, has changed is left alone.
Status check_same(const TableDefinition& definition, const TableMetadata& table) {
    if (definition.fields == table.fields && definition.partition_by == table.partition_by &&
        definition.sort_by == table.sort_by)
        return {};
    return Error{ErrorCode::kUnsupported,
                 fmt::format("table {} at {} has other columns, partitioning or order than this version of "
                             "Tallyman writes; use the version that wrote it last, or a new table",
                             definition.name, table.location)};
}

Path table_folder(const LakeServices& services, std::string_view name) {
    return services.warehouse / services.name_space / name;
}

std::string qualified_name(const LakeServices& services, std::string_view name) {
    return fmt::format("{}.{}", services.name_space, name);
}

// The folder above the warehouse that is there already: names from it downwards are new, or were left
// unsynced by a try that failed.
Result<Path> folder_above(FileSystem& files, const Path& warehouse) {
    Path above = warehouse.parent_path();
    while (true) {
        TRY_ASSIGN(const bool exists, files.exists(above));
        if (exists || !above.has_relative_path())
            return above;
        above = above.parent_path();
    }
}

// One try to create the table: kConflict when somebody else did.
Status create(const LakeServices& services, const TableDefinition& definition) {
    TRY(check_definition(definition));
    TRY_ASSIGN(const std::string location, location_of(table_folder(services, definition.name)));
    TRY_ASSIGN(const std::string warehouse, location_of(services.warehouse));
    TRY_ASSIGN(const Path folder, path_of(location));
    TRY_ASSIGN(const Path warehouse_folder, path_of(warehouse));
    TRY_ASSIGN(const Path root, folder_above(*services.files, warehouse_folder));
    TRY(make_durable_folders(*services.files, root, folder / "metadata"));
    TRY(make_durable_folders(*services.files, folder, folder / "data"));
    TRY_ASSIGN(const std::string json,
               new_table_metadata(definition, make_uuid(*services.random), location, services.clock->now()));
    const std::string name = fmt::format("00000-{}.metadata.json", make_uuid(*services.random));
    TRY(write_new_file(*services.files, folder / "metadata" / name, json));
    return services.pointers->swap(qualified_name(services, definition.name), std::nullopt,
                                   location + "/metadata/" + name);
}

// Whoever did it, and also when the answer was lost: the next look tells.
bool worth_a_look(const Status& swapped) {
    return swapped.ok() || swapped.error().code == ErrorCode::kConflict ||
           swapped.error().code == ErrorCode::kUnknownOutcome;
}

// One try to give an older table the columns that it lacks.
Status add_missing_columns(const LakeServices& services, const TableDefinition& definition,
                           const LoadedMetadata& older) {
    TRY_ASSIGN(const std::string json,
               add_columns(older.file_json, older.location, definition.fields, services.clock->now()));
    std::vector<std::string> written{
        next_metadata_location(older.table, older.location, make_uuid(*services.random))};
    TRY_ASSIGN(const Path path, path_of(written.front()));
    Status done = write_new_file(*services.files, path, json);
    bool has_lost = !done.ok();
    if (done.ok()) {
        done = services.pointers->swap(qualified_name(services, definition.name), older.location,
                                       written.front());
        has_lost = !done.ok() && done.error().code == ErrorCode::kConflict;
    }
    if (has_lost)
        remove_unreferenced(*services.files, written);
    return done;
}

TableState state_of(const LoadedMetadata& loaded) {
    TableState state;
    state.metadata_location = loaded.location;
    state.uuid = loaded.table.uuid;
    state.location = loaded.table.location;
    state.fields = loaded.table.fields;
    state.snapshots = loaded.table.snapshots;
    state.current = loaded.table.current;
    return state;
}

}  // namespace

const SnapshotInfo* TableState::find(SnapshotId id) const {
    const auto found = std::find_if(snapshots.begin(), snapshots.end(),
                                    [id](const SnapshotInfo& snapshot) { return snapshot.id == id; });
    return found != snapshots.end() ? &*found : nullptr;
}

const SnapshotInfo* TableState::current_snapshot() const {
    return current.has_value() ? find(*current) : nullptr;
}

TableTotals totals(const TableState& state) {
    const SnapshotInfo* snapshot = state.current_snapshot();
    if (snapshot == nullptr)
        return {};
    return {.rows = summary_counter(snapshot->summary, kTotalRecords).value_or(0),
            .files = summary_counter(snapshot->summary, kTotalDataFiles).value_or(0),
            .bytes = summary_counter(snapshot->summary, kTotalFilesSize).value_or(0)};
}

Table::Table(const LakeServices& services, std::string name)
    : services_(services),
      name_(std::move(name)),
      metadata_(std::make_shared<MetadataCache>(*services.files, *services.pointers,
                                                qualified_name(services, name_))) {}

Result<Table> Table::open(const LakeServices& services, std::string_view name) {
    Table table(services, std::string(name));
    TRY(table.metadata_->current());
    return table;
}

Result<Table> Table::open_or_create(const LakeServices& services, const TableDefinition& definition) {
    Table table(services, definition.name);
    for (int tries = 1;; ++tries) {
        const auto loaded = table.metadata_->current();
        if (loaded.ok() && !lacks_columns(definition, (*loaded)->table)) {
            TRY(check_same(definition, (*loaded)->table));
            return table;
        }
        if (!loaded.ok()) {
            TRY_ASSIGN(const auto pointer, services.pointers->current(table.metadata_->name()));
            if (pointer.has_value())
                return loaded.error();
        }
        Status changed =
            loaded.ok() ? add_missing_columns(services, definition, **loaded) : create(services, definition);
        if (!worth_a_look(changed) || (!changed.ok() && tries == kChangesMax))
            return std::move(changed).error();
    }
}

Result<TableState> Table::state() const {
    TRY_ASSIGN(const auto loaded, metadata_->current());
    return state_of(*loaded);
}

Result<std::vector<DataFile>> Table::files(const TableState& state, SnapshotId snapshot) const {
    const SnapshotInfo* found = state.find(snapshot);
    if (found == nullptr)
        return Error{ErrorCode::kNotFound,
                     fmt::format("table {} has no snapshot {}", name_, snapshot.value())};
    return read_data_files(*services_.files, *found);
}

Result<SnapshotId> Table::snapshot_at(const TableState& state, Instant at) {
    for (const SnapshotInfo* snapshot = state.current_snapshot(); snapshot != nullptr;
         snapshot = snapshot->parent.has_value() ? state.find(*snapshot->parent) : nullptr)
        if (snapshot->committed_at <= at)
            return snapshot->id;
    return Error{ErrorCode::kNotFound,
                 fmt::format("the table has no snapshot from {} or before", format_rfc3339(at))};
}

Result<DataFile> Table::write_file(const ColumnBatch& batch, std::int32_t partition_day) const {
    TRY_ASSIGN(const auto loaded, metadata_->current());
    const TableMetadata& table = loaded->table;
    TRY(check_batch(table.fields, batch));
    TRY(check_partition(table.fields, batch, table.partition_by, partition_day));
    const std::string folder =
        fmt::format("{}/data/{}={}", table.location, table.manifest_header.partition_field_name,
                    format_date(civil_from_days(partition_day)));
    std::vector<std::string> location{fmt::format("{}/{}.parquet", folder, make_uuid(*services_.random))};
    TRY_ASSIGN(const Path root, path_of(table.location));
    TRY_ASSIGN(const Path path, path_of(location.front()));
    TRY(make_durable_folders(*services_.files, root, path.parent_path()));
    auto written = write_parquet_file(*services_.files, path, table.fields, batch);
    Status durable = written.ok() ? services_.files->sync_folder(path.parent_path()) : Status{};
    if (!written.ok() || !durable.ok()) {
        Error error = written.ok() ? std::move(durable).error() : std::move(written).error();
        remove_unreferenced(*services_.files, location);
        return error;
    }
    written->path = location.front();
    written->partition_day = partition_day;
    written->sort_order_id = table.sort_order_id;
    return written;
}

Result<SnapshotId> Table::append(const Append& change) const {
    return AppendCommit(services_, *metadata_, change).run();
}

}  // namespace tally::lake
