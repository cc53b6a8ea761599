#include "lake/table.hpp"

#include "sample.hpp"

#include <gmock/gmock.h>

namespace tally::lake::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TableTest : public LakeFixture {};

Append append_of(std::vector<DataFile> files) {
    return {.files = std::move(files), .summary = {}};
}

TEST_F(TableTest, IsEmptyWhenNew) {
    const Table table = make_table();
    const auto state = table.state();
    ASSERT_TRUE(state.ok()) << state.error().message;
    EXPECT_FALSE(state->current.has_value());
    EXPECT_EQ(state->fields, sample_definition().fields);
    EXPECT_EQ(state->location, "file://" + (folder_.path() / "lake/tallyman/sample").string());
    EXPECT_EQ(totals(*state), TableTotals{});
    EXPECT_EQ(Table::snapshot_at(*state, clock_.now()).error().code, ErrorCode::kNotFound);
}

TEST_F(TableTest, OpenNeedsAnExistingTable) {
    EXPECT_EQ(Table::open(services(), "sample").error().code, ErrorCode::kNotFound);
    make_table();
    EXPECT_TRUE(Table::open(services(), "sample").ok());
}

TEST_F(TableTest, AppendMakesFilesVisible) {
    const Table table = make_table();
    const DataFile first = write(table, 10, 20'000);
    const DataFile second = write(table, 20, 20'001);
    const auto snapshot = table.append(append_of({first, second}));
    ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
    const auto state = table.state();
    ASSERT_TRUE(state.ok()) << state.error().message;
    ASSERT_EQ(state->current, *snapshot);
    EXPECT_GT(snapshot->value(), 0);
    const auto files = table.files(*state, *snapshot);
    ASSERT_TRUE(files.ok()) << files.error().message;
    EXPECT_THAT(*files, ElementsAre(first, second));
    EXPECT_EQ(totals(*state),
              (TableTotals{.rows = 30, .files = 2, .bytes = first.file_size + second.file_size}));
}

TEST_F(TableTest, SummaryHasCountersAndWhatTheCallerAdds) {
    const Table table = make_table();
    const DataFile file = write(table, 10, 20'000);
    std::vector<std::int64_t> bases;
    const auto summary = [&bases](const SnapshotInfo* base) -> Result<std::map<std::string, std::string>> {
        bases.push_back(base == nullptr ? -1 : base->sequence_number);
        return std::map<std::string, std::string>{{"tallyman.batch-id", "b1"}, {"operation", "overwrite"}};
    };
    ASSERT_TRUE(table.append({.files = {file}, .summary = summary}).ok());
    ASSERT_TRUE(table.append({.files = {}, .summary = summary}).ok());
    const auto state = table.state();
    ASSERT_EQ(state->snapshots.size(), 2U);
    const auto& first = state->snapshots[0].summary;
    EXPECT_EQ(first.at("operation"), "append");
    EXPECT_EQ(first.at("tallyman.batch-id"), "b1");
    EXPECT_EQ(first.at("added-records"), "10");
    EXPECT_EQ(first.at("added-data-files"), "1");
    EXPECT_EQ(first.at("changed-partition-count"), "1");
    EXPECT_EQ(state->snapshots[1].summary.at("total-records"), "10");
    EXPECT_EQ(state->snapshots[1].summary.at("added-records"), "0");
    EXPECT_EQ(state->snapshots[1].parent, state->snapshots[0].id);
    EXPECT_THAT(bases, ElementsAre(-1, 1));
}

TEST_F(TableTest, SummaryMayGiveUp) {
    const Table table = make_table();
    const auto before = metadata_names();
    const auto refused =
        table.append({.files = {write(table, 1, 20'000)},
                      .summary = [](const SnapshotInfo*) -> Result<std::map<std::string, std::string>> {
                          return Error{ErrorCode::kConflict, "this batch is there already"};
                      }});
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    EXPECT_EQ(metadata_names(), before) << "what lost for certain is removed";
}

TEST_F(TableTest, TimeTravel) {
    const Table table = make_table();
    const Instant before = clock_.now();
    clock_.advance(std::chrono::seconds(10));
    const auto first = table.append(append_of({write(table, 1, 20'000)}));
    clock_.advance(std::chrono::seconds(10));
    const auto second = table.append(append_of({write(table, 1, 20'000)}));
    const auto state = table.state();
    EXPECT_EQ(Table::snapshot_at(*state, before).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(Table::snapshot_at(*state, before + std::chrono::seconds(19)), *first);
    EXPECT_EQ(Table::snapshot_at(*state, before + std::chrono::seconds(20)), *second);
    EXPECT_EQ(table.files(*state, *first)->size(), 1U);
    EXPECT_EQ(table.files(*state, *second)->size(), 2U);
    EXPECT_EQ(table.files(*state, SnapshotId(7)).error().code, ErrorCode::kNotFound);
}

TEST_F(TableTest, TimeNeverGoesBack) {
    const Table table = make_table();
    ASSERT_TRUE(table.append(append_of({write(table, 1, 20'000)})).ok());
    const Instant first = clock_.now();
    clock_.jump_to(first - std::chrono::hours(1));
    ASSERT_TRUE(table.append(append_of({write(table, 1, 20'000)})).ok());
    const auto state = table.state();
    EXPECT_EQ(state->snapshots[1].committed_at, first);
}

TEST_F(TableTest, ManifestsStayFewAndKeepEverything) {
    const Table table = make_table();
    constexpr int kCommits = 130;
    for (int i = 0; i < kCommits; ++i)
        ASSERT_TRUE(table.append(append_of({write(table, 1, 20'000 + i % 7)})).ok());
    const auto state = table.state();
    ASSERT_EQ(state->snapshots.size(), static_cast<std::size_t>(kCommits));
    for (int i = 0; i < kCommits; i += 13)
        EXPECT_EQ(table.files(*state, state->snapshots[static_cast<std::size_t>(i)].id)->size(),
                  static_cast<std::size_t>(i + 1));
    EXPECT_EQ(table.files(*state, *state->current)->size(), static_cast<std::size_t>(kCommits));
    EXPECT_EQ(totals(*state).rows, kCommits);
}

TEST_F(TableTest, OldMetadataFilesGo) {
    const Table table = make_table();
    for (int i = 0; i < 110; ++i)
        ASSERT_TRUE(table.append(append_of({})).ok());
    std::size_t metadata_files = 0;
    for (const std::string& name : metadata_names())
        metadata_files += name.ends_with(".metadata.json") ? 1U : 0U;
    EXPECT_EQ(metadata_files, 101U);
}

TEST_F(TableTest, FilesOfOneDayOnly) {
    const Table table = make_table();
    const auto wrong = table.write_file(sample_batch(3, 20'001), 20'000);
    EXPECT_EQ(wrong.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(wrong.error().message,
                HasSubstr("2024-10-05T00:00:00Z is not in the partition of day 2024-10-04"));
    const DataFile before_epoch = write(table, 2, -1);
    EXPECT_EQ(before_epoch.partition_day, -1);
    EXPECT_THAT(before_epoch.path, HasSubstr("/data/at_day=1969-12-31/"));
}

TEST_F(TableTest, RefusesATableOfOtherColumns) {
    make_table();
    TableDefinition other = sample_definition();
    other.fields.pop_back();
    EXPECT_EQ(Table::open_or_create(services(), other).error().code, ErrorCode::kUnsupported);
}

TableDefinition wider_definition() {
    TableDefinition wider = sample_definition();
    wider.fields.push_back({7, "principal", ColumnType::kString, false});
    wider.fields.push_back({9, "weight", ColumnType::kLong, false});
    return wider;
}

ColumnBatch wider_batch(std::size_t rows, std::int32_t day) {
    ColumnBatch batch = sample_batch(rows, day, "wide-");
    batch.columns.emplace_back(CodedStrings{{"ann"}, std::vector<std::int32_t>(rows, 0)});
    batch.columns.emplace_back(Numbers<std::int64_t>{std::vector<std::int64_t>(rows, 3), {}});
    return batch;
}

TEST_F(TableTest, AnOlderTableGetsTheNewColumns) {
    const Table older = make_table();
    const auto before = older.append(append_of({write(older, 2, 20'000)}));
    ASSERT_TRUE(before.ok());
    const auto old_location = older.state()->metadata_location;

    const auto table = Table::open_or_create(services(), wider_definition());
    ASSERT_TRUE(table.ok()) << table.error().message;
    const auto state = table->state();
    EXPECT_EQ(state->fields, wider_definition().fields);
    EXPECT_EQ(state->current, *before) << "a new schema is no new snapshot";
    EXPECT_NE(state->metadata_location, old_location);
    EXPECT_THAT(state->metadata_location, HasSubstr("/00002-"));

    const auto file = table->write_file(wider_batch(3, 20'000), 20'000);
    ASSERT_TRUE(file.ok()) << file.error().message;
    ASSERT_TRUE(table->append(append_of({*file})).ok());
    EXPECT_EQ(totals(*table->state()).rows, 5);
    EXPECT_EQ(table->files(*table->state(), *table->state()->current)->size(), 2U);
}

TEST_F(TableTest, TheNewColumnsComeOnce) {
    make_table();
    const auto first = Table::open_or_create(services(), wider_definition())->state()->metadata_location;
    EXPECT_EQ(Table::open_or_create(services(), wider_definition())->state()->metadata_location, first);
}

TEST_F(TableTest, AnOlderVersionLeavesANewerTableAlone) {
    ASSERT_TRUE(Table::open_or_create(services(), wider_definition()).ok());
    const auto refused = Table::open_or_create(services(), sample_definition());
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(refused.error().message, HasSubstr("use the version that wrote it last"));
}

TEST_F(TableTest, AColumnThatMayNotBeNullIsNotAdded) {
    make_table();
    TableDefinition strict = wider_definition();
    strict.fields.back().required = true;
    EXPECT_EQ(Table::open_or_create(services(), strict).error().code, ErrorCode::kUnsupported);
}

// A pointer store that says "not known", or "conflict", to the first swap of a name that exists.
class UncertainStore final : public TablePointerStore {
  public:
    UncertainStore(TablePointerStore& store, ErrorCode answer, bool does_it)
        : store_(store), answer_(answer), does_it_(does_it) {}

    Result<std::optional<std::string>> current(std::string_view table) override {
        return store_.current(table);
    }

    Status swap(std::string_view table, const std::optional<std::string>& expected,
                std::string_view next) override {
        if (!expected.has_value() || asked_)
            return store_.swap(table, expected, next);
        asked_ = true;
        if (does_it_)
            TRY(store_.swap(table, expected, next));
        return Error{answer_, "the answer was lost"};
    }

    Result<std::vector<std::string>> tables() override { return store_.tables(); }

  private:
    TablePointerStore& store_;
    const ErrorCode answer_;
    const bool does_it_;
    bool asked_ = false;
};

TEST_F(TableTest, ALostAnswerOrRaceWhileColumnsAreAddedIsLookedUp) {
    for (const auto& [answer, does_it] :
         {std::pair{ErrorCode::kUnknownOutcome, true}, std::pair{ErrorCode::kUnknownOutcome, false},
          std::pair{ErrorCode::kConflict, false}}) {
        tally::test::TempFolder folder;
        tally::test::MemoryPointerStore catalog;
        LakeServices here = services();
        here.warehouse = folder.path() / "lake";
        here.pointers = &catalog;
        ASSERT_TRUE(Table::open_or_create(here, sample_definition()).ok());
        UncertainStore uncertain(catalog, answer, does_it);
        here.pointers = &uncertain;
        const auto table = Table::open_or_create(here, wider_definition());
        ASSERT_TRUE(table.ok()) << table.error().message;
        EXPECT_EQ(table->state()->fields, wider_definition().fields);
    }
}

TEST_F(TableTest, RefusesABadDefinition) {
    TableDefinition twice = sample_definition();
    twice.fields[3].id = 1;
    EXPECT_EQ(Table::open_or_create(services(), twice).error().code, ErrorCode::kInvalidArgument);
    TableDefinition no_time = sample_definition();
    no_time.partition_by = "size";
    EXPECT_EQ(Table::open_or_create(services(), no_time).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TableTest, CopiesShareOneTable) {
    const Table table = make_table();
    const Table copy = table;
    ASSERT_TRUE(copy.append(append_of({write(copy, 1, 20'000)})).ok());
    EXPECT_EQ(totals(*table.state()).rows, 1);
}

}  // namespace
}  // namespace tally::lake::test
