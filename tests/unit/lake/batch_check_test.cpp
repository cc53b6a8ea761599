#include "lake/batch_check.hpp"

#include "sample.hpp"

#include <functional>

#include <gmock/gmock.h>

namespace tally::lake::test {
namespace {

using ::testing::HasSubstr;

Status check(const std::function<void(ColumnBatch&)>& edit) {
    ColumnBatch batch = sample_batch(4, 20'000);
    edit(batch);
    return check_batch(sample_definition().fields, batch);
}

void expect_refused(const std::function<void(ColumnBatch&)>& edit, std::string_view why) {
    const Status checked = check(edit);
    ASSERT_FALSE(checked.ok()) << why;
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(checked.error().message, HasSubstr(why));
}

template <class T>
T& column(ColumnBatch& batch, std::size_t i) {
    return std::get<T>(batch.columns[i]);
}

TEST(BatchCheck, AWholeBatchPasses) {
    EXPECT_TRUE(check([](ColumnBatch&) {}).ok());
}

TEST(BatchCheck, ShapesThatDoNotSuit) {
    expect_refused([](ColumnBatch& b) { b.columns.pop_back(); }, "5 columns for a table of 6");
    expect_refused([](ColumnBatch& b) { b.rows = 0; }, "without rows");
    expect_refused([](ColumnBatch& b) { b.rows = 5; }, "column 'id': 4 values in a batch of 5 rows");
    expect_refused([](ColumnBatch& b) { b.columns[3] = b.columns[4]; },
                   "column 'count': values of type long for a column of type int");
    expect_refused([](ColumnBatch& b) { column<Numbers<std::int32_t>>(b, 3).null.pop_back(); },
                   "column 'count'");
    expect_refused([](ColumnBatch& b) { column<Timestamps>(b, 1).micros.pop_back(); }, "column 'at'");
    expect_refused([](ColumnBatch& b) { column<PlainStrings>(b, 0).ends[1] = 1; }, "a text ends at 1");
    expect_refused([](ColumnBatch& b) { column<PlainStrings>(b, 0).ends[3] = 1000; }, "a text ends at 1000");
    expect_refused([](ColumnBatch& b) { column<CodedStrings>(b, 2).codes[1] = 3; }, "code 3 of 3 values");
    expect_refused([](ColumnBatch& b) { column<CodedStrings>(b, 2).codes[1] = -2; }, "code -2");
}

TEST(BatchCheck, NullInARequiredColumn) {
    expect_refused(
        [](ColumnBatch& b) {
            column<PlainStrings>(b, 0).null = {false, true, false, false};
        },
        "column 'id': null in a required column");
    expect_refused(
        [](ColumnBatch& b) {
            b.columns[0] = CodedStrings{{"a"}, {0, 0, -1, 0}};
        },
        "null in a required");
    EXPECT_TRUE(check([](ColumnBatch& b) { column<PlainStrings>(b, 0).null = std::vector<bool>(4); }).ok());
}

TEST(BatchCheck, TextIsUtf8) {
    expect_refused([](ColumnBatch& b) { column<PlainStrings>(b, 0).bytes[1] = '\xFF'; }, "not UTF-8");
    expect_refused([](ColumnBatch& b) { column<CodedStrings>(b, 2).values[2] = "\xC3"; }, "not UTF-8");
    // Valid as a whole, but the border between two texts cuts a character.
    expect_refused(
        [](ColumnBatch& b) {
            b.columns[0] = PlainStrings{
                "a\xC3\xBC"
                "bc",
                {2, 3, 4, 5},
                {}};
        },
        "not UTF-8");
    EXPECT_TRUE(check([](ColumnBatch& b) {
                    b.columns[0] = PlainStrings{
                        "a\xC3\xBC"
                        "bc",
                        {1, 3, 4, 5},
                        {}};
                }).ok());
}

TEST(BatchCheck, EveryRowIsOfTheDay) {
    const auto fields = sample_definition().fields;
    for (const std::int32_t day : {-1, 0, 20'000}) {
        ColumnBatch batch = sample_batch(4, day);
        EXPECT_TRUE(check_partition(fields, batch, "at", day).ok());
        EXPECT_FALSE(check_partition(fields, batch, "at", day + 1).ok());
        column<Timestamps>(batch, 1).micros[3] = (day + 1) * kDayUs - 1;
        EXPECT_TRUE(check_partition(fields, batch, "at", day).ok());
        column<Timestamps>(batch, 1).micros[3] = (day + 1) * kDayUs;
        EXPECT_FALSE(check_partition(fields, batch, "at", day).ok());
    }
}

}  // namespace
}  // namespace tally::lake::test
