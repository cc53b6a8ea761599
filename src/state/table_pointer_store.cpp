#include "state/embedded_sql.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

Result<std::optional<std::string>> TablePointerStore::current(std::string_view table) {
    return database_.read([&](Connection& connection) -> Result<std::optional<std::string>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kCurrentPointer, {table}));
        return rows.empty() ? std::optional<std::string>() : std::optional(rows.front().text(0));
    });
}

Status TablePointerStore::swap(std::string_view table, const std::optional<std::string>& expected,
                               std::string_view next) {
    return database_.write([&](Connection& connection) -> Status {
        TRY_ASSIGN(const std::int64_t rows,
                   expected ? connection.execute(sql::kSwapPointer, {next, table, *expected})
                            : connection.execute(sql::kCreatePointer, {table, next}));
        if (rows != 1)
            return Error{ErrorCode::kConflict,
                         fmt::format("the pointer of table {} is not {} any more; read it again", table,
                                     expected ? *expected : "absent")};
        return {};
    });
}

Result<std::vector<std::string>> TablePointerStore::tables() {
    return database_.read([&](Connection& connection) -> Result<std::vector<std::string>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kListPointers));
        std::vector<std::string> names;
        for (const Row& row : rows)
            names.push_back(row.text(0));
        return names;
    });
}

}  // namespace tally::state
