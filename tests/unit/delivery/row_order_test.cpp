#include "delivery/row_order.hpp"

#include "base/time_text.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace tally::delivery {
namespace {

constexpr std::uint64_t kNoLimit = 1ULL << 40;

RequestRecord record(std::uint64_t sequence, std::string_view key, std::string_view time) {
    RequestRecord record;
    record.id = {1, sequence};
    record.api_key_id = key;
    record.time = parse_rfc3339(time).value();
    return record;
}

std::vector<const RequestRecord*> pointers(const std::vector<RequestRecord>& records) {
    std::vector<const RequestRecord*> rows;
    for (const RequestRecord& one : records)
        rows.push_back(&one);
    return rows;
}

std::vector<const RequestRecord*> in_order(const FileRows& file) {
    std::vector<const RequestRecord*> rows;
    for (const std::uint32_t row : file.order)
        rows.push_back(file.rows.at(row));
    return rows;
}

std::vector<std::uint64_t> sequences(const FileRows& file) {
    std::vector<std::uint64_t> result;
    for (const RequestRecord* row : in_order(file))
        result.push_back(row->id.sequence);
    return result;
}

TEST(OrderRows, SplitsByUtcDayAndSortsByKeyThenTime) {
    const std::vector<RequestRecord> records = {
        record(0, "key_b", "2026-10-02T00:00:00Z"), record(1, "key_b", "2026-10-01T23:59:59.999999Z"),
        record(2, "", "2026-10-01T12:00:00Z"),      record(3, "key_a", "2026-10-01T13:00:00Z"),
        record(4, "key_a", "2026-10-01T12:00:00Z"), record(5, "key_a", "2026-10-01T12:00:00Z"),
    };
    const auto files = order_rows(pointers(records), kNoLimit);
    ASSERT_EQ(files.size(), 2U);
    EXPECT_EQ(format_date(civil_from_days(files[0].day)), "2026-10-01");
    EXPECT_EQ(sequences(files[0]), (std::vector<std::uint64_t>{2, 4, 5, 3, 1}));
    EXPECT_EQ(format_date(civil_from_days(files[1].day)), "2026-10-02");
    EXPECT_EQ(sequences(files[1]), (std::vector<std::uint64_t>{0}));
}

TEST(OrderRows, KeysAreInTheOrderOfTheirStoredBytes) {
    const std::vector<RequestRecord> records = {
        record(0, "\xC3\xA9", "2026-10-01T00:00:00Z"),  // é, stored as it is
        record(1, "\xFF", "2026-10-01T00:00:00Z"),      // stored as %FF
        record(2, "key_A", "2026-10-01T00:00:00Z"),    record(3, "%FF", "2026-10-01T00:00:01Z"),
        record(4, "key", "2026-10-01T00:00:00Z"),
    };
    const auto files = order_rows(pointers(records), kNoLimit);
    ASSERT_EQ(files.size(), 1U);
    EXPECT_EQ(sequences(files[0]), (std::vector<std::uint64_t>{1, 3, 4, 2, 0}));
}

TEST(OrderRows, AgreesWithAPlainSortOfManyRows) {
    std::mt19937_64 random(7);
    std::vector<std::string> keys = {""};
    for (int i = 0; i < 50; ++i)
        keys.push_back("key_" + std::to_string(random() % 1000));
    std::vector<RequestRecord> records;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        RequestRecord one = record(i, keys[random() % keys.size()], "2026-10-01T00:00:00Z");
        one.time += std::chrono::microseconds(random() % 1000) + std::chrono::days(random() % 3);
        one.id.writer = random() % 3;
        records.push_back(one);
    }
    std::shuffle(records.begin(), records.end(), random);
    auto expected = pointers(records);
    std::sort(expected.begin(), expected.end(), [](const RequestRecord* a, const RequestRecord* b) {
        return std::tuple(utc_day(a->time), a->api_key_id, a->time, a->id) <
               std::tuple(utc_day(b->time), b->api_key_id, b->time, b->id);
    });
    std::vector<const RequestRecord*> ordered;
    for (const FileRows& file : order_rows(pointers(records), kNoLimit)) {
        EXPECT_TRUE(std::is_sorted(file.rows.begin(), file.rows.end()));  // as they came
        for (const RequestRecord* row : in_order(file))
            ordered.push_back(row);
    }
    EXPECT_EQ(ordered, expected);
}

TEST(OrderRows, CutsADayIntoFilesOfBoundedSize) {
    const std::string large(10'000, 'h');
    std::vector<RequestRecord> records;
    for (std::uint64_t i = 0; i < 10; ++i) {
        records.push_back(record(i, "key", "2026-10-01T00:00:00Z"));
        records.back().headers = large;
    }
    const auto files = order_rows(pointers(records), 45'000);
    ASSERT_EQ(files.size(), 5U);  // two rows of a little more than 20,000 bytes each
    EXPECT_EQ(sequences(files[2]), (std::vector<std::uint64_t>{4, 5}));
    const auto tiny = order_rows(pointers(records), 1);
    EXPECT_EQ(tiny.size(), 10U);
}

TEST(OrderRows, NothingMakesNothing) {
    EXPECT_TRUE(order_rows({}, kNoLimit).empty());
}

TEST(RowProblem, IsATimeThatNoClockShows) {
    struct Case {
        const char* time;
        bool fine;
    };

    for (const Case& one : {Case{"1970-01-01T00:00:05Z", false}, Case{"1999-12-31T23:59:59.999999Z", false},
                            Case{"2000-01-01T00:00:00Z", true}, Case{"2026-10-01T00:00:00Z", true},
                            Case{"2038-01-19T03:14:08Z", true}, Case{"2099-12-31T23:59:59.999999Z", true},
                            Case{"2100-01-01T00:00:00Z", false}})
        EXPECT_EQ(!row_problem(record(0, "", one.time)).has_value(), one.fine) << one.time;
}

}  // namespace
}  // namespace tally::delivery
