#include "state/connection.hpp"

#include "base/assert.hpp"
#include "base/file_descriptor.hpp"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <deque>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace tally::state {

namespace {

constexpr int kBusyTimeoutSeconds = 10;
constexpr std::chrono::milliseconds kSettingPause{10};
constexpr int kSettingAttempts = kBusyTimeoutSeconds * 100;

// Every connection starts with these; a commit that returned survives power loss.
constexpr std::string_view kSettings[] = {
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
};

ErrorCode code_of(int sqlite_result) {
    switch (sqlite_result & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return ErrorCode::kUnavailable;
        case SQLITE_CONSTRAINT: return ErrorCode::kAlreadyExists;
        case SQLITE_FULL: return ErrorCode::kResourceExhausted;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return ErrorCode::kCorruption;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM: return ErrorCode::kIo;
        default: return ErrorCode::kInternal;
    }
}

// SOCI's own what() shows the parameters; get_error_message() does not.
Error to_error(const soci::soci_error& failed) {
    const std::string message = "state database: " + failed.get_error_message();
    if (const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&failed)) {
        const ErrorCode code = code_of(sqlite->result());
        return Error{code, code == ErrorCode::kUnavailable
                               ? message + "; another process is using it, try again"
                               : message};
    }
    return Error{ErrorCode::kInternal, message};
}

// Calls `work` and turns what SOCI throws into an Error.
template <class Work>
auto guarded(Work work) -> decltype(work()) {
    try {
        return work();
    } catch (const soci::soci_error& failed) {
        return to_error(failed);
    } catch (const std::exception& failed) {
        return Error{ErrorCode::kInternal, std::string("state database: ") + failed.what()};
    }
}

// A parameter at a fixed address for as long as the statement lives.
struct BoundValue {
    std::string text;
    long long whole = 0;
    soci::indicator indicator = soci::i_ok;
};

void bind(soci::statement& statement, std::deque<BoundValue>& bound, const Value& value) {
    BoundValue& slot = bound.emplace_back();
    if (const std::int64_t* whole = value.as_whole()) {
        slot.whole = *whole;
        statement.exchange(soci::use(slot.whole, slot.indicator));
        return;
    }
    if (const std::string* text = value.as_text())
        slot.text = *text;
    else
        slot.indicator = soci::i_null;
    statement.exchange(soci::use(slot.text, slot.indicator));
}

// SQLite makes the -wal and -shm files with the mode of the database file.
Status create_private(const Path& file) {
    const FileDescriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    return fd.valid() ? Status() : Status(io_error("open", file, errno));
}

}  // namespace

std::int64_t Row::whole(std::size_t column) const {
    const std::optional<std::string>& text = columns_.at(column);
    TALLY_ASSERT(text.has_value(), "the column is never null");
    std::int64_t value = 0;
    const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), value);
    TALLY_ASSERT(failed == std::errc() && end == text->data() + text->size(),
                 "the column holds whole numbers");
    return value;
}

struct Connection::Impl {
    soci::session session;
};

// Switching to WAL does not heed the busy timeout when another process opens the same new file, so the
// waiting is done here.
Status Connection::apply(std::string_view setting) {
    for (int attempt = 1;; ++attempt) {
        const Result<std::vector<Row>> set = query(setting);
        if (set.ok())
            return {};
        if (set.error().code != ErrorCode::kUnavailable || attempt == kSettingAttempts)
            return set.error();
        std::this_thread::sleep_for(kSettingPause);
    }
}

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::open(const Path& file) {
    if (file.string().find('"') != std::string::npos)
        return Error{
            ErrorCode::kInvalidArgument,
            fmt::format("the path of the state database must not have a quotation mark: {}", file.string())};
    TRY(create_private(file));
    auto impl = std::make_unique<Impl>();
    const Status opened = guarded([&]() -> Status {
        impl->session.open(soci::sqlite3,
                           fmt::format("dbname=\"{}\" timeout={}", file.string(), kBusyTimeoutSeconds));
        return {};
    });
    if (!opened.ok())
        return opened.error().within("opening " + file.string());
    auto connection = std::unique_ptr<Connection>(new Connection(std::move(impl)));
    for (const std::string_view setting : kSettings)
        if (const Status set = connection->apply(setting); !set.ok())
            return set.error().within("opening " + file.string());
    return connection;
}

Result<std::int64_t> Connection::execute(std::string_view sql, const std::vector<Value>& parameters) {
    return guarded([&]() -> Result<std::int64_t> {
        std::deque<BoundValue> bound;
        soci::statement statement(impl_->session);
        for (const Value& value : parameters)
            bind(statement, bound, value);
        statement.alloc();
        statement.prepare(std::string(sql));
        statement.define_and_bind();
        statement.execute(true);
        return std::int64_t{statement.get_affected_rows()};
    });
}

Result<std::vector<Row>> Connection::query(std::string_view sql, const std::vector<Value>& parameters) {
    return guarded([&]() -> Result<std::vector<Row>> {
        std::deque<BoundValue> bound;
        std::deque<BoundValue> columns;
        soci::statement statement(impl_->session);
        for (const Value& value : parameters)
            bind(statement, bound, value);
        statement.alloc();
        statement.prepare(std::string(sql));
        const int count = statement.get_backend()->prepare_for_describe();
        for (int i = 0; i < count; ++i) {
            BoundValue& slot = columns.emplace_back();
            statement.exchange(soci::into(slot.text, slot.indicator));
        }
        statement.define_and_bind();
        std::vector<Row> rows;
        for (bool more = statement.execute(true); more; more = count > 0 && statement.fetch()) {
            std::vector<std::optional<std::string>> row;
            for (const BoundValue& slot : columns)
                row.push_back(slot.indicator == soci::i_null ? std::nullopt : std::optional(slot.text));
            rows.emplace_back(std::move(row));
        }
        return rows;
    });
}

Status Connection::begin() {
    Result<std::int64_t> begun = execute("BEGIN IMMEDIATE");
    return begun.ok() ? Status() : Status(begun.error());
}

Status Connection::commit() {
    Result<std::int64_t> done = execute("COMMIT");
    if (done.ok())
        return {};
    Error failed = done.error();
    rollback();
    if (failed.code == ErrorCode::kIo || failed.code == ErrorCode::kInternal)
        return Error{
            ErrorCode::kUnknownOutcome,
            failed.message + "; it may or may not have been kept, read it again before repeating it"};
    return failed;
}

void Connection::rollback() {
    // An error has often ended the transaction already; then there is nothing to roll back.
    static_cast<void>(execute("ROLLBACK"));
}

}  // namespace tally::state
