#include "lake/file_metrics.hpp"

#include "lake/bounds.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace tally::lake {
namespace {

ChunkMetrics chunk(std::optional<std::string> min, std::optional<std::string> max, std::int64_t values = 10,
                   std::optional<std::int64_t> nulls = 0) {
    return {.compressed_size = 100,
            .values = values,
            .nulls = nulls,
            .min = std::move(min),
            .max = std::move(max)};
}

DataFile metrics(ColumnType type, const std::vector<ChunkMetrics>& chunks,
                 const Column& column = Timestamps{}) {
    DataFile file;
    add_column_metrics({.id = 7, .name = "c", .type = type, .required = false}, column, chunks, file);
    return file;
}

TEST(FileMetrics, RowGroupsAddUp) {
    const DataFile file = metrics(ColumnType::kString, {chunk("b", "c", 10, 1), chunk("a", "b", 5, 2)});
    EXPECT_EQ(file.column_sizes.at(7), 200);
    EXPECT_EQ(file.value_counts.at(7), 15);
    EXPECT_EQ(file.null_value_counts.at(7), 3);
    EXPECT_EQ(file.lower_bounds.at(7), "a");
    EXPECT_EQ(file.upper_bounds.at(7), "c");
}

TEST(FileMetrics, NumbersCompareAsNumbers) {
    DataFile file = metrics(ColumnType::kInt, {chunk(serialize_int(-5), serialize_int(-1)),
                                               chunk(serialize_int(2), serialize_int(300))});
    EXPECT_EQ(file.lower_bounds.at(7), serialize_int(-5));
    EXPECT_EQ(file.upper_bounds.at(7), serialize_int(300));
    file = metrics(ColumnType::kTimestampTz, {chunk(serialize_long(1), serialize_long(256)),
                                              chunk(serialize_long(-1), serialize_long(2))});
    EXPECT_EQ(file.lower_bounds.at(7), serialize_long(-1));
    EXPECT_EQ(file.upper_bounds.at(7), serialize_long(256));
    file = metrics(ColumnType::kDouble, {chunk(serialize_double(-1.5), serialize_double(0.5)),
                                         chunk(serialize_double(-2.5), serialize_double(0.25))});
    EXPECT_EQ(file.lower_bounds.at(7), serialize_double(-2.5));
    EXPECT_EQ(file.upper_bounds.at(7), serialize_double(0.5));
}

TEST(FileMetrics, BytesAboveAsciiAreGreater) {
    const DataFile file = metrics(ColumnType::kString, {chunk("z", "z"), chunk("ä", "ä")});
    EXPECT_EQ(file.lower_bounds.at(7), "z");
    EXPECT_EQ(file.upper_bounds.at(7), "ä");
}

TEST(FileMetrics, RowGroupsOfNullsHaveNoSay) {
    const DataFile file =
        metrics(ColumnType::kString, {chunk(std::nullopt, std::nullopt, 4, 4), chunk("m", "n")});
    EXPECT_EQ(file.lower_bounds.at(7), "m");
    const DataFile nothing = metrics(ColumnType::kString, {chunk(std::nullopt, std::nullopt, 4, 4)});
    EXPECT_TRUE(nothing.lower_bounds.empty());
    EXPECT_EQ(nothing.null_value_counts.at(7), 4);
}

TEST(FileMetrics, OneUnknownRowGroupMeansNoBound) {
    const DataFile file =
        metrics(ColumnType::kString, {chunk("m", "n"), chunk(std::nullopt, std::nullopt, 4, 3)});
    EXPECT_TRUE(file.lower_bounds.empty());
    EXPECT_TRUE(file.upper_bounds.empty());
    const DataFile uncounted = metrics(ColumnType::kString, {chunk("m", "n", 10, std::nullopt)});
    EXPECT_TRUE(uncounted.null_value_counts.empty());
}

TEST(FileMetrics, NanIsCounted) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const DataFile file =
        metrics(ColumnType::kDouble, {chunk(serialize_double(1), serialize_double(1), 4, 1)},
                Numbers<double>{{nan, 1, nan, nan}, {false, false, true, false}});
    EXPECT_EQ(file.nan_value_counts.at(7), 2);
    EXPECT_FALSE(metrics(ColumnType::kString, {chunk("a", "b")}).nan_value_counts.contains(7));
}

}  // namespace
}  // namespace tally::lake
