#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "query/cut.hpp"
#include "query/internal/duckdb_handles.hpp"
#include "query/internal/tail_table.hpp"
#include "query/internal/watchdog.hpp"
#include "query/query_engine.hpp"
#include "query/sql_rules.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::query {

// One query's own in-memory DuckDB: opened for it, locked down, closed behind it. Opening costs about 8 ms;
// for that a query shares no memory limit, setting, cache or catalog with any other, an idle server holds no
// database, and nothing that a query might do to its database outlives it. One thread.
class Session {
  public:
    static Result<Session> open(const Path& temp_folder, const QueryLimits& limits,
                                std::uint64_t resident_bytes_max);
    ~Session();
    Session(Session&&) noexcept = default;
    Session& operator=(Session&&) noexcept = default;

    // The syntax tree of one or more SELECTs, as JSON; carries the parser's complaint when there is one.
    Result<std::string> syntax_tree(std::string_view sql);

    // Makes the views over a cut, which must outlive the session, and the macros that `sql` names. Then
    // closes the doors for good: no files but the cut's, no network, no extensions, no settings.
    Status prepare_views(const LoadedCut& cut, const ViewsUsed& used, std::string_view sql);

    // Runs one statement and reads its result. `is_ours`: a text that DuckDB refuses is our mistake.
    Result<QueryResult> run(const std::string& sql, const std::vector<Cell>& parameters, bool is_ours);

  private:
    Session() = default;
    Status execute(const std::string& sql);
    Status lock(const LoadedCut& cut);
    Result<Prepared> prepare(const std::string& sql, bool is_ours);
    Result<QueryResult> fetch(Answer& answer, bool is_ours);
    [[nodiscard]] Error failure(std::string_view message, bool is_ours) const;

    QueryLimits limits_;
    Path temp_folder_;  // of this session alone; DuckDB makes it when it spills
    std::unique_ptr<TailTable> tail_;
    Database database_;
    Connection connection_;
    std::unique_ptr<Watchdog> watchdog_;  // last: stops before what it interrupts goes
};

}  // namespace tally::query
