// Writes and reads tables for lake_test.py, which checks them with readers that are not ours.
//
//   interop_lake write FOLDER          writes the tables and FOLDER/expected.json
//   interop_lake read LOCATION         prints the current snapshot's files and rows
//   interop_lake append FOLDER LOCATION prints the metadata location after one more append of two rows
#include "base/json_writer.hpp"
#include "base/time_text.hpp"
#include "lake/table.hpp"
#include "model/requests_table.hpp"
#include "support/memory_pointer_store.hpp"
#include "support/older_requests.hpp"

#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace tally::lake {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

struct Row {
    std::string id;
    std::int64_t at = 0;
    std::optional<std::string> name;
    std::optional<std::string> text;
    std::optional<std::int32_t> count;
    std::optional<std::int64_t> size;
    std::optional<double> seconds;
};

TableDefinition definition(std::string name) {
    return {.name = std::move(name),
            .fields = {{1, "id", ColumnType::kString, true},
                       {2, "at", ColumnType::kTimestampTz, true},
                       {3, "name", ColumnType::kString, false},
                       {4, "text", ColumnType::kString, false},
                       {7, "count", ColumnType::kInt, false},
                       {6, "size", ColumnType::kLong, false},
                       {5, "seconds", ColumnType::kDouble, false}},
            .partition_by = "at",
            .sort_by = {"name", "at"}};
}

void put(PlainStrings& column, const std::optional<std::string>& value) {
    column.bytes += value.value_or("");
    column.ends.push_back(static_cast<std::int32_t>(column.bytes.size()));
    column.null.push_back(!value.has_value());
}

void put(CodedStrings& column, const std::optional<std::string>& value) {
    column.codes.push_back(value.has_value() ? static_cast<std::int32_t>(column.values.size()) : -1);
    if (value.has_value())
        column.values.push_back(*value);
}

template <class T>
void put(Numbers<T>& column, const std::optional<T>& value) {
    column.values.push_back(value.value_or(T{}));
    column.null.push_back(!value.has_value());
}

ColumnBatch batch_of(const std::vector<Row>& rows) {
    PlainStrings id;
    Timestamps at;
    CodedStrings name;
    PlainStrings text;
    Numbers<std::int32_t> count;
    Numbers<std::int64_t> size;
    Numbers<double> seconds;
    for (const Row& row : rows) {
        put(id, row.id);
        at.micros.push_back(row.at);
        put(name, row.name);
        put(text, row.text);
        put(count, row.count);
        put(size, row.size);
        put(seconds, row.seconds);
    }
    id.null.clear();
    return {.rows = rows.size(), .columns = {id, at, name, text, count, size, seconds}};
}

std::string repeated(std::string_view piece, int times) {
    std::string out;
    for (int i = 0; i < times; ++i)
        out += piece;
    return out;
}

// Values at the edges of their types, and texts that are hard to cut.
std::vector<Row> edge_rows(const std::string& prefix, std::int32_t day) {
    const std::int64_t at = day * kDayUs;
    using Int = std::numeric_limits<std::int32_t>;
    using Long = std::numeric_limits<std::int64_t>;
    using Double = std::numeric_limits<double>;
    return {
        {prefix + "-nulls", at, {}, {}, {}, {}, {}},
        {prefix + "-empty", at, "", "", 0, 0, 0.0},
        {prefix + "-low", at, "a", "\x01", Int::min(), Long::min(), -Double::infinity()},
        {prefix + "-high", at + kDayUs - 1, "z", "~", Int::max(), Long::max(), Double::infinity()},
        {prefix + "-nan", at, "nan", "n", 1, 1, Double::quiet_NaN()},
        {prefix + "-zero", at, "zero", "n", -1, -1, -0.0},
        {prefix + "-umlauts", at, "äöüßéèÄÖÜ€ñ漢字かな한", "ä", 2, 2, Double::denorm_min()},
        {prefix + "-emoji", at, repeated("😀", 40), repeated("👩‍👩‍👧", 12), 3, 3, Double::max()},
        {prefix + "-long", at, repeated("longer than sixteen ", 50), repeated("x", 3000), 4, 4, 1e-300},
        {prefix + "-sixteen", at, repeated("s", 16), repeated("ÿ", 17), 5, 5, 0.1},
        {prefix + "-control", at, std::string("a\0b\nc\t\x7f", 7), "\"quoted\\\"", 6, 6, -0.1}};
}

class Json {
  public:
    void rows(std::string_view key, const std::vector<Row>& rows) {
        json_.key(key).begin_array();
        for (const Row& row : rows)
            put_row(row);
        json_.end_array();
    }

    JsonWriter& writer() { return json_; }

  private:
    void put_row(const Row& row) {
        json_.begin_object().field("id", row.id).field("at", row.at);
        json_.key("name");
        row.name.has_value() ? json_.string(*row.name) : json_.null();
        json_.key("text");
        row.text.has_value() ? json_.string(*row.text) : json_.null();
        json_.key("count");
        row.count.has_value() ? json_.number(std::int64_t{*row.count}) : json_.null();
        json_.key("size");
        row.size.has_value() ? json_.number(*row.size) : json_.null();
        json_.key("seconds");  // as text: JSON has no NaN and no infinity
        row.seconds.has_value() ? json_.string(fmt::format("{}", *row.seconds)) : json_.null();
        json_.end_object();
    }

    JsonWriter json_;
};

struct World {
    explicit World(Path folder) : warehouse(std::move(folder)) {}

    LakeServices services() {
        return {.files = &files,
                .pointers = &pointers,
                .clock = &clock,
                .random = &random,
                .warehouse = warehouse,
                .name_space = "tallyman"};
    }

    Path warehouse;
    PosixFileSystem files;
    test::MemoryPointerStore pointers;
    ManualClock clock{instant_from_us(20'400 * kDayUs)};
    SystemRandom random;
};

// Rows of one commit: one file a day.
Status commit(World& world, const Table& table, const std::vector<std::vector<Row>>& files) {
    Append change;
    for (const auto& rows : files) {
        TRY_ASSIGN(auto file, table.write_file(batch_of(rows), utc_day(instant_from_us(rows.front().at))));
        change.files.push_back(std::move(file));
    }
    change.summary = [](const SnapshotInfo*) -> Result<std::map<std::string, std::string>> {
        return std::map<std::string, std::string>{{"tallyman.batch-id", "b1"},
                                                  {"tallyman.positions", R"({"segment":"ü","offset":1})"}};
    };
    world.clock.advance(std::chrono::seconds(15));
    TRY(table.append(change));
    return {};
}

Status write_empty(World& world, JsonWriter& out) {
    TRY_ASSIGN(const Table table, Table::open_or_create(world.services(), definition("empty")));
    TRY_ASSIGN(const auto state, table.state());
    out.field("empty", state.metadata_location);
    return {};
}

Status write_edges(World& world, Json& out) {
    TRY_ASSIGN(const Table table, Table::open_or_create(world.services(), definition("edges")));
    std::vector<Row> all;
    for (const std::int32_t day : {20'400, -1, 0, 20'401, -3'653, 100'000}) {
        const auto rows = edge_rows(fmt::format("d{}", day), day);
        all.insert(all.end(), rows.begin(), rows.end());
        TRY(commit(world, table, {rows}));
    }
    // A file whose texts have no upper bound, and one whose texts are too long for Parquet's statistics.
    const std::vector<Row> greatest = {{"max", 0, repeated("\xF4\x8F\xBF\xBF", 17), "t", 1, 1, 1.0}};
    const std::vector<Row> longest = {{"longest", 1, "n", repeated("ab", 5000), 1, 1, 1.0}};
    TRY(commit(world, table, {greatest}));
    TRY(commit(world, table, {longest}));
    all.push_back(greatest.front());
    all.push_back(longest.front());
    TRY_ASSIGN(const auto state, table.state());
    out.writer().key("edges").begin_object().field("location", state.metadata_location);
    out.rows("rows", all);
    out.writer().end_object();
    return {};
}

// Enough commits that manifests are merged twice; two days a commit.
Status write_many(World& world, JsonWriter& out) {
    TRY_ASSIGN(const Table table, Table::open_or_create(world.services(), definition("many")));
    constexpr int kCommits = 120;
    for (int i = 0; i < kCommits; ++i) {
        std::vector<std::vector<Row>> files;
        for (const int day : {i / 10, i / 10 + 1}) {
            std::vector<Row> rows;
            for (int n = 0; n < 5; ++n)
                rows.push_back({fmt::format("{:03}-{:02}-{}", i, day, n),
                                (20'400 + day) * kDayUs + i * 1000 + n, fmt::format("key-{:02}", n),
                                fmt::format("{}", i), i, i * 100 + n, n / 4.0});
            files.push_back(std::move(rows));
        }
        TRY(commit(world, table, files));
    }
    TRY_ASSIGN(const auto state, table.state());
    out.key("many").begin_object().field("location", state.metadata_location);
    out.field("commits", std::int64_t{kCommits}).field("rows_a_commit", std::int64_t{10});
    out.key("snapshots").begin_array();
    for (const SnapshotInfo& snapshot : state.snapshots)
        out.number(snapshot.id.value());
    out.end_array().end_object();
    return {};
}

// Row groups, and pages full of each encoding.
Status write_large(World& world, JsonWriter& out) {
    TRY_ASSIGN(const Table table, Table::open_or_create(world.services(), definition("large")));
    constexpr std::int64_t kRows = 100'000;
    std::vector<Row> rows;
    for (std::int64_t i = 0; i < kRows; ++i)
        rows.push_back({fmt::format("{:032x}", i), 20'400 * kDayUs + i * 700,
                        fmt::format("key-{:03}", i / 250),
                        i % 7 == 0 ? std::nullopt : std::optional(fmt::format("/path/{}", i * 31 % 1009)),
                        static_cast<std::int32_t>(i % 600), i * i, static_cast<double>(i) / 1000});
    TRY(commit(world, table, {rows}));
    TRY_ASSIGN(const auto state, table.state());
    out.key("large")
        .begin_object()
        .field("location", state.metadata_location)
        .field("rows", kRows)
        .end_object();
    return {};
}

Status write_requests(World& world, JsonWriter& out) {
    const TableDefinition requests{.name = "requests",
                                   .fields = fields_from(kRequestsColumns),
                                   .partition_by = "timestamp",
                                   .sort_by = {"api_key_id", "timestamp"}};
    TRY_ASSIGN(const Table table, Table::open_or_create(world.services(), requests));
    ColumnBatch batch{.rows = 2, .columns = {}};
    for (const ColumnDefinition& column : kRequestsColumns) {
        switch (column.type) {
            case ColumnType::kString:
                batch.columns.emplace_back(
                    CodedStrings{.values = {"one"}, .codes = {0, column.required ? 0 : -1}});
                break;
            case ColumnType::kInt:
                batch.columns.emplace_back(Numbers<std::int32_t>{{7, 0}, {false, true}});
                break;
            case ColumnType::kLong:
                batch.columns.emplace_back(Numbers<std::int64_t>{{8, 0}, {false, true}});
                break;
            case ColumnType::kDouble:
                batch.columns.emplace_back(Numbers<double>{{0.5, 0}, {false, true}});
                break;
            case ColumnType::kTimestampTz: batch.columns.emplace_back(Timestamps{{0, 1}}); break;
        }
    }
    TRY_ASSIGN(auto file, table.write_file(batch, 0));
    TRY(table.append({.files = {file}, .summary = {}}));
    TRY_ASSIGN(const auto state, table.state());
    out.field("requests", state.metadata_location);
    return {};
}

// A table of the first version, opened by this one and appended to.
Status write_upgraded(World& world, JsonWriter& out) {
    LakeServices services = world.services();
    services.name_space = "upgraded";
    TRY(tally::test::write_older_requests(services, 2));
    TableDefinition now = tally::test::first_requests_definition();
    now.fields = fields_from(kRequestsColumns);
    TRY_ASSIGN(const Table table, Table::open_or_create(services, now));
    TRY_ASSIGN(const auto opened, table.state());
    ColumnBatch batch{.rows = 1, .columns = {}};
    for (const ColumnDefinition& column : kRequestsColumns)
        batch.columns.push_back(tally::test::older_column(column, 1));
    TRY_ASSIGN(auto file, table.write_file(batch, tally::test::kOlderDay));
    TRY(table.append({.files = {file}, .summary = {}}));
    TRY_ASSIGN(const auto state, table.state());
    out.key("upgraded").begin_object().field("opened", opened.metadata_location);
    out.field("location", state.metadata_location).end_object();
    return {};
}

Status write_all(const Path& folder) {
    World world(folder / "lake");
    Json out;
    out.writer().begin_object();
    TRY(write_empty(world, out.writer()));
    TRY(write_edges(world, out));
    TRY(write_many(world, out.writer()));
    TRY(write_large(world, out.writer()));
    TRY(write_requests(world, out.writer()));
    TRY(write_upgraded(world, out.writer()));
    out.writer().end_object();
    return write_new_file(world.files, folder / "expected.json", out.writer().take());
}

Status read(std::string_view location) {
    World world("/nowhere");
    TRY(world.pointers.swap("tallyman.any", std::nullopt, location));
    TRY_ASSIGN(const Table table, Table::open(world.services(), "any"));
    TRY_ASSIGN(const auto state, table.state());
    std::int64_t rows = 0;
    std::size_t files = 0;
    if (state.current.has_value()) {
        TRY_ASSIGN(const auto data_files, table.files(state, *state.current));
        files = data_files.size();
        for (const DataFile& file : data_files)
            rows += file.record_count;
    }
    fmt::print(R"({{"files":{},"rows":{},"total_rows":{},"total_files":{}}})"
               "\n",
               files, rows, totals(state).rows, totals(state).files);
    return {};
}

Status append(const Path& folder, std::string_view location) {
    World world(folder / "lake");
    TRY(world.pointers.swap("tallyman.any", std::nullopt, location));
    TRY_ASSIGN(const Table table, Table::open(world.services(), "any"));
    TRY(commit(world, table,
               {{{"appended-1", 0, "one", "two", 3, 4, 5.0}, {"appended-2", 1, {}, {}, {}, {}, {}}}}));
    TRY_ASSIGN(const auto state, table.state());
    fmt::print("{}\n", state.metadata_location);
    return {};
}

Status run(const std::vector<std::string>& arguments) {
    if (arguments.size() == 2 && arguments[0] == "write")
        return write_all(arguments[1]);
    if (arguments.size() == 2 && arguments[0] == "read")
        return read(arguments[1]);
    if (arguments.size() == 3 && arguments[0] == "append")
        return append(arguments[1], arguments[2]);
    return Error{ErrorCode::kInvalidArgument,
                 "usage: interop_lake write FOLDER | read LOCATION | "
                 "append FOLDER LOCATION"};
}

}  // namespace
}  // namespace tally::lake

int main(int count, char** words) {
    const tally::Status done = tally::lake::run({words + 1, words + count});
    if (!done.ok())
        std::fprintf(stderr, "interop_lake: %s\n", done.error().message.c_str());
    return done.ok() ? 0 : 1;
}
