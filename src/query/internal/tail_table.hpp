#pragma once

#include "base/result.hpp"
#include "capture/capture_log.hpp"

#include <cstddef>
#include <vector>

#include <duckdb.h>

namespace tally::query {

// Captured records as a table that DuckDB reads: chunks are filled straight from the mapped segments, in as
// many threads as DuckDB has, and only the columns that the query wants are computed.
class TailTable {
  public:
    static constexpr const char* kName = "tally_tail";

    // `scans` must outlive it.
    explicit TailTable(const std::vector<capture::Scan>& scans);

    // Makes the table function tally_tail() known to the connection's database. This object must outlive the
    // database.
    Status register_in(duckdb_connection connection) const;

    [[nodiscard]] std::size_t rows() const { return rows_; }

    // Rows that fill one chunk.
    struct Block {
        const RequestRecord* first = nullptr;
        std::size_t rows = 0;
    };

    [[nodiscard]] const std::vector<Block>& blocks() const { return blocks_; }

  private:
    std::vector<Block> blocks_;
    std::size_t rows_ = 0;
};

}  // namespace tally::query
