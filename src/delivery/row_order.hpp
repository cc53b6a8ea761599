#pragma once

#include "model/request_record.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tally::delivery {

// Why a record cannot become a row, as a sentence; nullopt when it can. A row's only hard limit is its time:
// a clock that was plainly wrong would put the request into a day that nobody bills.
std::optional<std::string> row_problem(const RequestRecord& record);

// Rows of one UTC day that go into one data file. They stand as they came, which is how they lie in memory;
// `order` says how they stand in the file: its i-th row is rows[order[i]].
struct FileRows {
    std::int32_t day = 0;  // days since 1970-01-01
    std::vector<const RequestRecord*> rows;
    std::vector<std::uint32_t> order;
};

// Splits rows by the UTC day of their time, orders each day as the table is sorted (api_key_id with nulls
// first, timestamp, then record id so that the order is the same in every run), and cuts a day into files
// whose texts together take about `file_bytes_max` at most (one row may be more). Days in order. All rows
// must be free of row_problem; the pointers stay the caller's.
std::vector<FileRows> order_rows(std::span<const RequestRecord* const> rows, std::uint64_t file_bytes_max);

}  // namespace tally::delivery
