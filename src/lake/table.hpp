#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "lake/catalog.hpp"
#include "lake/column_batch.hpp"
#include "lake/data_file.hpp"
#include "lake/schema.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tally::lake {

// What the lake needs from outside; all must outlive every Table.
struct LakeServices {
    FileSystem* files = nullptr;
    TablePointerStore* pointers = nullptr;
    Clock* clock = nullptr;
    RandomSource* random = nullptr;
    Path warehouse;  // absolute folder; a table lives in warehouse/<namespace>/<name>
    std::string name_space = "tallyman";
};

struct SnapshotInfo {
    SnapshotId id;
    std::optional<SnapshotId> parent;
    std::int64_t sequence_number = 0;
    Instant committed_at;
    std::string manifest_list;
    std::map<std::string, std::string> summary;  // operation, counters, and our own "tallyman.*"
};

// One consistent state of a table, immutable.
struct TableState {
    std::string metadata_location;
    std::string uuid;
    std::string location;  // file:// URI of the table's folder
    std::vector<Field> fields;
    std::vector<SnapshotInfo> snapshots;  // oldest first
    std::optional<SnapshotId> current;    // nullopt iff nothing was ever committed

    [[nodiscard]] const SnapshotInfo* find(SnapshotId id) const;
    [[nodiscard]] const SnapshotInfo* current_snapshot() const;
};

// What `lake status` shows, as the current snapshot's summary has it; all 0 before the first commit.
struct TableTotals {
    std::int64_t rows = 0;
    std::int64_t files = 0;
    std::int64_t bytes = 0;
    bool operator==(const TableTotals&) const = default;
};

TableTotals totals(const TableState& state);

// What one commit adds, besides the files, to the new snapshot's summary. `base` decides on the summary from
// the snapshot that the commit will build on, and is asked again after each lost race; returning kConflict or
// another error gives up without a commit.
struct Append {
    std::vector<DataFile> files;
    std::function<Result<std::map<std::string, std::string>>(const SnapshotInfo* base)> summary;
};

class MetadataCache;

// An Iceberg v2 table. Thread-safe: the object holds no state but its name, and metadata files that it has
// read, which never change. Files are durable (fsynced, with
// their folders) before the pointer moves. A commit that loses a race is rebased and tried again. A commit
// whose outcome is unknown is looked up by its snapshot id in a fresh read before anything is decided; when
// even that cannot be read, kUnknownOutcome is returned and no file is deleted.
class Table {
  public:
    // Opens, creating it when it does not exist. A table of an older version, which lacks the definition's
    // last columns, gets them: schema evolution in one swap of the pointer, no file is rewritten, and rows
    // from before hold null in them. kUnsupported, and the table is left alone, when it differs in any other
    // way, as after a newer version of Tallyman.
    static Result<Table> open_or_create(const LakeServices& services, const TableDefinition& definition);
    // kNotFound when it does not exist.
    static Result<Table> open(const LakeServices& services, std::string_view name);

    [[nodiscard]] Result<TableState> state() const;
    // All live data files of a snapshot. kNotFound for an unknown snapshot.
    [[nodiscard]] Result<std::vector<DataFile>> files(const TableState& state, SnapshotId snapshot) const;
    // The snapshot that was current at that time; kNotFound before the first.
    [[nodiscard]] static Result<SnapshotId> snapshot_at(const TableState& state, Instant at);

    // Encodes rows of one partition day to a Parquet file (zstd) below data/, durable when it returns, and
    // not part of the table until append() took it. Rows must be in the table's sort order. kInvalidArgument
    // when the batch does not suit the table's fields or the day, holds null in a required column or text
    // that is not UTF-8.
    [[nodiscard]] Result<DataFile> write_file(const ColumnBatch& batch, std::int32_t partition_day) const;

    [[nodiscard]] Result<SnapshotId> append(const Append& change) const;

    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    Table(const LakeServices& services, std::string name);

    LakeServices services_;
    std::string name_;
    std::shared_ptr<MetadataCache> metadata_;  // shared by the copies of a Table
};

}  // namespace tally::lake
