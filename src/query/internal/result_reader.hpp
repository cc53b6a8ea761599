#pragma once

#include "base/result.hpp"
#include "query/query_engine.hpp"

#include <cstddef>

#include <duckdb.h>

namespace tally::query {

// Turns DuckDB's vectors into cells.

// The columns of a result. kUnsupported names a column whose type has no notation here.
Result<std::vector<ResultColumn>> result_columns(const duckdb_result& result);

// Appends the rows of a chunk; returns how many bytes of text they hold.
std::size_t append_rows(duckdb_data_chunk chunk, std::vector<std::vector<Cell>>& rows);

}  // namespace tally::query
