#include "delivery/text_column.hpp"

#include <numeric>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace tally::delivery {
namespace {

using lake::CodedStrings;
using lake::PlainStrings;

std::vector<std::string> texts_of(const lake::Column& column) {
    std::vector<std::string> texts;
    if (const auto* coded = std::get_if<CodedStrings>(&column)) {
        for (const std::int32_t code : coded->codes)
            texts.push_back(code < 0 ? "(null)" : coded->values.at(static_cast<std::size_t>(code)));
        return texts;
    }
    const auto& plain = std::get<PlainStrings>(column);
    std::size_t begin = 0;
    for (std::size_t row = 0; row < plain.ends.size(); ++row) {
        const auto end = static_cast<std::size_t>(plain.ends[row]);
        const bool is_null = !plain.null.empty() && plain.null[row];
        texts.push_back(is_null ? "(null)" : plain.bytes.substr(begin, end - begin));
        begin = end;
    }
    return texts;
}

// In the order in which the rows were added.
lake::Column take(TextColumn& column, std::size_t rows) {
    std::vector<std::uint32_t> order(rows);
    std::iota(order.begin(), order.end(), 0U);
    return column.take(order);
}

TEST(TextColumn, CodesWhatRepeats) {
    TextColumn column(5);
    for (const char* text : {"GET", "POST", "", "GET", "GET"})
        column.add(text);
    const lake::Column taken = take(column, 5);
    EXPECT_EQ(std::get<CodedStrings>(taken).values, (std::vector<std::string>{"GET", "POST"}));
    EXPECT_EQ(std::get<CodedStrings>(taken).codes, (std::vector<std::int32_t>{0, 1, -1, 0, 0}));
}

TEST(TextColumn, TurnsPlainWhenHalfOfTheRowsDiffer) {
    constexpr int kRows = 3'000;
    TextColumn column(kRows);
    std::vector<std::string> expected;
    for (int i = 0; i < kRows; ++i) {
        expected.push_back(i % 7 == 3 ? "(null)" : "id-" + std::to_string(i));
        column.add(i % 7 == 3 ? "" : expected.back());
    }
    const lake::Column taken = take(column, kRows);
    ASSERT_TRUE(std::holds_alternative<PlainStrings>(taken));
    EXPECT_EQ(std::get<PlainStrings>(taken).null.size(), static_cast<std::size_t>(kRows));
    EXPECT_EQ(texts_of(taken), expected);
}

TEST(TextColumn, PlainWithoutNullsSaysSo) {
    constexpr int kRows = 2'000;
    TextColumn column(kRows);
    for (int i = 0; i < kRows; ++i)
        column.add(std::to_string(i));
    const lake::Column taken = take(column, kRows);
    EXPECT_TRUE(std::get<PlainStrings>(taken).null.empty());
    EXPECT_EQ(texts_of(taken).back(), "1999");
}

TEST(TextColumn, TurnsPlainBeyondTheLargestDictionary) {
    constexpr std::size_t kRows = 4 * TextColumn::kValuesMax;
    TextColumn column(kRows);
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < kRows; ++i) {
        // Few at first, so that the dictionary is kept, then ever more.
        expected.push_back(std::to_string(i < kRows / 2 ? i % 10 : i % (TextColumn::kValuesMax + 7)));
        column.add(expected.back());
    }
    const lake::Column taken = take(column, kRows);
    EXPECT_TRUE(std::holds_alternative<PlainStrings>(taken));
    EXPECT_EQ(texts_of(taken), expected);
}

TEST(TextColumn, WorksOutAnEqualSourceOnce) {
    const std::string first = "a b";
    const std::string again = "a b";  // another place in memory
    int asked = 0;
    TextColumn column(6);
    for (const std::string_view source :
         {std::string_view(first), std::string_view(again), std::string_view("c"), std::string_view(""),
          std::string_view(first), std::string_view(first)})
        column.add_derived(source, [&] {
            ++asked;
            return source == "c" ? "c" : "a%20b";
        });
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(texts_of(take(column, 6)),
              (std::vector<std::string>{"a%20b", "a%20b", "c", "(null)", "a%20b", "a%20b"}));
}

TEST(TextColumn, TwoSourcesWithOneTextShareACode) {
    const std::string raw = "\xFF";
    TextColumn column(3);
    for (const std::string_view source :
         {std::string_view("%FF"), std::string_view(raw), std::string_view("x")})
        column.add_derived(source, [&] { return source == "x" ? "x" : "%FF"; });
    const lake::Column taken = take(column, 3);
    EXPECT_EQ(std::get<CodedStrings>(taken).values, (std::vector<std::string>{"%FF", "x"}));
    EXPECT_EQ(std::get<CodedStrings>(taken).codes, (std::vector<std::int32_t>{0, 0, 1}));
}

TEST(TextColumn, DerivedTextsStayRightWhenTheColumnTurnsPlain) {
    constexpr std::size_t kRows = 5'000;
    std::vector<std::string> sources;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < kRows; ++i) {
        sources.push_back(i % 5 == 0 ? "" : std::to_string(i / 2));  // runs of two, and nulls
        expected.push_back(sources.back().empty() ? "(null)" : "<" + sources.back() + ">");
    }
    TextColumn column(kRows);
    std::string scratch;
    for (const std::string& source : sources)
        column.add_derived(source, [&]() -> std::string_view {
            if (source.empty())
                return {};
            scratch = "<" + source + ">";
            return scratch;
        });
    EXPECT_EQ(texts_of(take(column, kRows)), expected);
}

TEST(TextNumbers, GivesUpBeyondItsLimitAndKeepsWhatItHas) {
    TextNumbers numbers(2);
    EXPECT_TRUE(numbers.number_of("a")->is_new);
    EXPECT_EQ(numbers.number_of("b")->number, 1);
    EXPECT_FALSE(numbers.number_of("c").has_value());
    EXPECT_EQ(numbers.number_of("a")->number, 0);
    EXPECT_FALSE(numbers.number_of("a")->is_new);
}

}  // namespace
}  // namespace tally::delivery
