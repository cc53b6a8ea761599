#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/random.hpp"
#include "lake/table.hpp"
#include "support/memory_pointer_store.hpp"
#include "support/temp_folder.hpp"
#include "tracked_disk.hpp"

#include <gtest/gtest.h>

namespace tally::lake::test {

// A small table with every type of column: id, at, name (few values), count, size, seconds.
inline TableDefinition sample_definition() {
    return {.name = "sample",
            .fields = {{1, "id", ColumnType::kString, true},
                       {2, "at", ColumnType::kTimestampTz, true},
                       {3, "name", ColumnType::kString, false},
                       {4, "count", ColumnType::kInt, false},
                       {5, "size", ColumnType::kLong, false},
                       {6, "seconds", ColumnType::kDouble, false}},
            .partition_by = "at",
            .sort_by = {"name", "at"}};
}

constexpr std::int64_t kDayUs = 86'400'000'000;

// `rows` rows of one day, ids beginning with `prefix`; every third name and every fifth number is null.
inline ColumnBatch sample_batch(std::size_t rows, std::int32_t day, const std::string& prefix = "row-") {
    PlainStrings id;
    Timestamps at;
    CodedStrings name{.values = {"alpha", "beta", "gamma"}, .codes = {}};
    Numbers<std::int32_t> count;
    Numbers<std::int64_t> size;
    Numbers<double> seconds;
    for (std::size_t i = 0; i < rows; ++i) {
        id.bytes += prefix + std::to_string(i);
        id.ends.push_back(static_cast<std::int32_t>(id.bytes.size()));
        at.micros.push_back(day * kDayUs + static_cast<std::int64_t>(i));
        name.codes.push_back(i % 3 == 0 ? -1 : static_cast<std::int32_t>(i % 3));
        count.values.push_back(static_cast<std::int32_t>(i));
        count.null.push_back(i % 5 == 0);
        size.values.push_back(static_cast<std::int64_t>(i) * 1'000'000'007);
        seconds.values.push_back(static_cast<double>(i) / 8);
    }
    return {.rows = rows, .columns = {id, at, name, count, size, seconds}};
}

// A warehouse in a temporary folder. Members may be replaced before a table is opened.
class LakeFixture : public ::testing::Test {
  protected:
    LakeServices services() {
        return {.files = files_,
                .pointers = pointers_,
                .clock = &clock_,
                .random = &random_,
                .warehouse = folder_.path() / "lake",
                .name_space = "tallyman"};
    }

    Table make_table() {
        auto table = Table::open_or_create(services(), sample_definition());
        EXPECT_TRUE(table.ok()) << table.error().message;
        return std::move(*table);
    }

    static DataFile write(const Table& table, std::size_t rows, std::int32_t day,
                          const std::string& prefix = "row-") {
        auto file = table.write_file(sample_batch(rows, day, prefix), day);
        EXPECT_TRUE(file.ok()) << file.error().message;
        return std::move(*file);
    }

    // Names of the files in the table's metadata folder.
    std::vector<std::string> metadata_names() {
        return disk_.list(folder_.path() / "lake/tallyman/sample/metadata").value();
    }

    tally::test::TempFolder folder_;
    TrackedDisk disk_;
    tally::test::MemoryPointerStore catalog_;
    ManualClock clock_{instant_from_us(20'000 * kDayUs)};
    SeededRandom random_{1};
    FileSystem* files_ = &disk_;
    TablePointerStore* pointers_ = &catalog_;
};

}  // namespace tally::lake::test
