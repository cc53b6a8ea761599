#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "capture/capture_log.hpp"
#include "lake/table.hpp"
#include "model/geography.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tally::query {

// null, bool, whole number (of any width that fits), finite double, text. Everything else comes as text in a
// fixed notation: decimals and larger whole numbers with all their digits, times RFC 3339 in UTC, dates
// 2026-10-01, lists and structs as JSON.
struct Cell {
    std::variant<std::monostate, bool, std::int64_t, double, std::string> value;
    bool operator==(const Cell&) const = default;
};

struct ResultColumn {
    std::string name;
    std::string type;  // SQL name: BIGINT, VARCHAR, DOUBLE, TIMESTAMP WITH TIME ZONE, …
};

struct QueryResult {
    std::vector<ResultColumn> columns;
    std::vector<std::vector<Cell>> rows;
};

// Which state of the data a query reads. Default: the newest snapshot and everything captured beyond it.
struct Cut {
    std::optional<SnapshotId> snapshot = std::nullopt;  // that snapshot alone
    std::optional<Instant> as_of = std::nullopt;        // the snapshot that was current then, alone
};

struct QueryLimits {
    std::chrono::milliseconds time{30'000};
    std::uint64_t memory_bytes = 512ULL * 1024 * 1024;
    std::size_t rows_max = 100'000;  // more is an error that says so, never a silent cut
};

// SQL over the lake's `requests` and the capture log beyond it, as one consistent cut: around a commit
// nothing is missing and nothing double. Tables and views: requests and kSampleViews. Opens DuckDB
// with the first query, not before. Thread-safe; each query runs on its own connection.
class QueryEngine {
    struct Impl;

  public:
    // Checks the DuckDB library's version; kUnsupported names both versions when it is not the pinned one.
    // `log`, `table` and `geography` must outlive it; `geography` is the one that delivery uses.
    static Result<std::unique_ptr<QueryEngine>> open(const capture::CaptureLog& log, const lake::Table& table,
                                                     Path temp_folder, Geography* geography = nullptr);
    explicit QueryEngine(std::unique_ptr<Impl> impl);  // for open()
    ~QueryEngine();

    // A user's SQL: exactly one SELECT (or WITH … SELECT, EXPLAIN of one), over the tables above only,
    // without files, network, settings or extensions. kInvalidArgument says which rule the text breaks;
    // kResourceExhausted names the limit that was met.
    Result<QueryResult> run_user_sql(std::string_view sql, const Cut& cut = {},
                                     const QueryLimits& limits = {});

    // Our own SQL with positional parameters ($1, $2, …).
    Result<QueryResult> run(std::string_view sql, const std::vector<Cell>& parameters, const Cut& cut = {},
                            const QueryLimits& limits = {});

    // Checks that `condition` is one boolean SQL expression over the columns of `requests` and nothing else
    // (no subquery, no function outside the allow-list). Used for meter filters.
    Status check_condition(std::string_view condition);

  private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::query
