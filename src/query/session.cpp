#include "query/internal/session.hpp"

#include "query/dialect.hpp"
#include "query/internal/result_reader.hpp"
#include "query/views.hpp"

#include <atomic>
#include <filesystem>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <unistd.h>

namespace tally::query {
namespace {

constexpr int kThreads = 2;
constexpr std::uint64_t kSpillBytesMax = 1024ULL * 1024 * 1024;

// Before any text from outside is seen. UTC, because DuckDB would take the machine's zone; integer division,
// because the published queries were written for Athena.
constexpr std::string_view kSettings =
    "SET TimeZone = 'UTC'; SET integer_division = true;"
    "SET autoinstall_known_extensions = false; SET autoload_known_extensions = false;"
    "SET allow_community_extensions = false; SET allow_persistent_secrets = false;"
    "SET enable_external_file_cache = false; SET enable_progress_bar = false;";

Path folder_for_spills(const Path& temp_folder) {
    static std::atomic<std::uint64_t> counter{0};
    return temp_folder / fmt::format("query-{}-{}", getpid(), counter.fetch_add(1));
}

Status set(Config& config, const char* name, const std::string& value) {
    if (duckdb_set_config(config.get(), name, value.c_str()) != DuckDBSuccess)
        return Error{ErrorCode::kInternal,
                     fmt::format("DuckDB does not know the setting {} = {}", name, value)};
    return {};
}

Status bind(const Prepared& statement, idx_t index, const Cell& cell) {
    const duckdb_state state = std::visit(
        [&](const auto& value) {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::monostate>)
                return duckdb_bind_null(statement.get(), index);
            else if constexpr (std::is_same_v<T, bool>)
                return duckdb_bind_boolean(statement.get(), index, value);
            else if constexpr (std::is_same_v<T, std::int64_t>)
                return duckdb_bind_int64(statement.get(), index, value);
            else if constexpr (std::is_same_v<T, double>)
                return duckdb_bind_double(statement.get(), index, value);
            else
                return duckdb_bind_varchar_length(statement.get(), index, value.data(), value.size());
        },
        cell.value);
    if (state != DuckDBSuccess)
        return Error{ErrorCode::kInvalidArgument, fmt::format("parameter ${} cannot be bound", index)};
    return {};
}

}  // namespace

Session::~Session() {
    watchdog_.reset();
    if (!database_)
        return;
    connection_ = Connection{};
    database_ = Database{};
    std::error_code ignored;  // what a spill left behind is removed with the next start of the server
    std::filesystem::remove_all(temp_folder_, ignored);
}

Result<Session> Session::open(const Path& temp_folder, const QueryLimits& limits,
                              std::uint64_t resident_bytes_max) {
    Session session;
    session.limits_ = limits;
    session.temp_folder_ = folder_for_spills(temp_folder);
    Config config;
    if (duckdb_create_config(config.out()) != DuckDBSuccess)
        return Error{ErrorCode::kResourceExhausted, "DuckDB could not be configured"};
    TRY(set(config, "threads", std::to_string(kThreads)));
    TRY(set(config, "memory_limit", fmt::format("{}B", limits.memory_bytes)));
    TRY(set(config, "temp_directory", session.temp_folder_.string()));
    TRY(set(config, "max_temp_directory_size", fmt::format("{}B", kSpillBytesMax)));
    char* reason = nullptr;
    if (duckdb_open_ext(nullptr, session.database_.out(), config.get(), &reason) != DuckDBSuccess) {
        Error error{ErrorCode::kInternal,
                    fmt::format("DuckDB did not open: {}", reason ? reason : "unknown")};
        duckdb_free(reason);
        return error;
    }
    if (duckdb_connect(session.database_.get(), session.connection_.out()) != DuckDBSuccess)
        return Error{ErrorCode::kInternal, "DuckDB gave no connection"};
    session.watchdog_ = std::make_unique<Watchdog>(
        limits.time, resident_bytes_max,
        [connection = session.connection_.get()] { duckdb_interrupt(connection); });
    TRY(session.execute(std::string(kSettings)));
    return session;
}

Status Session::execute(const std::string& sql) {
    Answer answer;
    if (duckdb_query(connection_.get(), sql.c_str(), answer.out()) != DuckDBSuccess)
        return failure(duckdb_result_error(answer.out()), true);
    return {};
}

Result<std::string> Session::syntax_tree(std::string_view sql) {
    TRY_ASSIGN(const QueryResult result, run("SELECT CAST(json_serialize_sql($1::VARCHAR) AS VARCHAR)",
                                             {Cell{std::string(sql)}}, false));
    return std::get<std::string>(result.rows.at(0).at(0).value);
}

Status Session::prepare_views(const LoadedCut& cut, const ViewsUsed& used, std::string_view sql) {
    tail_ = std::make_unique<TailTable>(cut.tail);
    TRY(tail_->register_in(connection_.get()));
    std::string setup = macros_for(sql) + requests_view(cut.files, TailTable::kName, tail_->rows() > 0);
    setup += sample_views(used.samples);
    if (used.qualified)
        setup += qualified_views(used.samples);
    TRY(execute(setup));
    return lock(cut);
}

Status Session::lock(const LoadedCut& cut) {
    std::string paths;
    for (const auto* files : {&cut.files.whole, &cut.files.older})
        for (const std::string& file : *files)
            paths += (paths.empty() ? "" : ", ") + sql_literal(file);
    return execute(
        fmt::format("SET allowed_directories = []; SET allowed_paths = [{}];"
                    "SET enable_external_access = false; SET lock_configuration = true;",
                    paths));
}

Result<Prepared> Session::prepare(const std::string& sql, bool is_ours) {
    ExtractedStatements statements;
    const idx_t count = duckdb_extract_statements(connection_.get(), sql.c_str(), statements.out());
    if (count == 0)
        return failure(duckdb_extract_statements_error(statements.get()), is_ours);
    if (count != 1)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("exactly one statement is accepted, there are {}", count)};
    Prepared prepared;
    if (duckdb_prepare_extracted_statement(connection_.get(), statements.get(), 0, prepared.out()) !=
        DuckDBSuccess)
        return failure(duckdb_prepare_error(prepared.get()), is_ours);
    const duckdb_statement_type type = duckdb_prepared_statement_type(prepared.get());
    if (type != DUCKDB_STATEMENT_TYPE_SELECT && type != DUCKDB_STATEMENT_TYPE_EXPLAIN)
        return Error{ErrorCode::kInvalidArgument, "only one SELECT is accepted, or EXPLAIN of one"};
    return prepared;
}

Result<QueryResult> Session::run(const std::string& sql, const std::vector<Cell>& parameters, bool is_ours) {
    TRY_ASSIGN(const Prepared prepared, prepare(sql, is_ours));
    if (duckdb_nparams(prepared.get()) != parameters.size())
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("the SQL has {} parameters, {} were given", duckdb_nparams(prepared.get()),
                                 parameters.size())};
    for (std::size_t i = 0; i < parameters.size(); ++i)
        TRY(bind(prepared, i + 1, parameters[i]));
    Answer answer;
    if (duckdb_execute_prepared_streaming(prepared.get(), answer.out()) != DuckDBSuccess)
        return failure(duckdb_result_error(answer.out()), is_ours);
    return fetch(answer, is_ours);
}

Result<QueryResult> Session::fetch(Answer& answer, bool is_ours) {
    QueryResult result;
    TRY_ASSIGN(result.columns, result_columns(answer.get()));
    std::uint64_t bytes = 0;
    for (DataChunk chunk(duckdb_fetch_chunk(answer.get())); chunk;
         chunk = DataChunk(duckdb_fetch_chunk(answer.get()))) {
        if (result.rows.size() + duckdb_data_chunk_get_size(chunk.get()) > limits_.rows_max)
            return Error{
                ErrorCode::kResourceExhausted,
                fmt::format("the result has more than {} rows; aggregate, or add a LIMIT", limits_.rows_max)};
        bytes += append_rows(chunk.get(), result.rows);
        if (bytes > limits_.memory_bytes)
            return Error{
                ErrorCode::kResourceExhausted,
                fmt::format("the result's texts hold more than {} bytes; select fewer columns or rows",
                            limits_.memory_bytes)};
    }
    // The end of the chunks is also what a failure half-way looks like.
    const char* message = duckdb_result_error(answer.out());
    if (message != nullptr && *message != '\0')
        return failure(message, is_ours);
    if (watchdog_->verdict() != Watchdog::Verdict::kFine)
        return failure("interrupted", is_ours);
    return result;
}

Error Session::failure(std::string_view message, bool is_ours) const {
    if (watchdog_->verdict() == Watchdog::Verdict::kTooLong)
        return Error{ErrorCode::kResourceExhausted,
                     fmt::format("the query ran longer than its limit of {} ms; narrow its time range",
                                 limits_.time.count())};
    if (watchdog_->verdict() == Watchdog::Verdict::kTooLarge || message.starts_with("Out of Memory"))
        return Error{
            ErrorCode::kResourceExhausted,
            fmt::format("the query needs more memory than its limit of {} bytes; narrow its time range "
                        "or group by fewer columns",
                        limits_.memory_bytes)};
    const std::string text(message.substr(0, message.find("\n\nPossible solutions")));
    if (message.starts_with("IO Error"))
        return Error{ErrorCode::kIo, "DuckDB: " + text};
    if (is_ours || message.starts_with("INTERNAL") || message.starts_with("FATAL"))
        return Error{ErrorCode::kInternal, "DuckDB: " + text};
    return Error{ErrorCode::kInvalidArgument, "SQL: " + text};
}

}  // namespace tally::query
