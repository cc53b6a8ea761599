#include "state/migrations.hpp"

#include "state/embedded_sql.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

namespace tally::state {

namespace {

constexpr int kNewestVersion = kMigrations.back().version;

// The statements of a migration: each ends with a semicolon at the end of a line.
std::vector<std::string_view> split_statements(std::string_view sql) {
    std::vector<std::string_view> statements;
    while (true) {
        const std::size_t end = sql.find(";\n");
        if (end == std::string_view::npos)
            return statements;
        statements.push_back(sql.substr(0, end));
        sql.remove_prefix(end + 2);
    }
}

Result<int> version_of(Connection& connection) {
    TRY_ASSIGN(const std::vector<Row> has_table, connection.query(sql::kHasSchemaVersions));
    if (has_table.front().whole(0) == 0)
        return 0;
    TRY_ASSIGN(const std::vector<Row> found, connection.query(sql::kSchemaVersion));
    return static_cast<int>(found.front().whole(0));
}

Status check_not_newer(int version) {
    if (version <= kNewestVersion)
        return {};
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("the state database has schema version {}, this program knows versions up to {}; use "
                    "the newer program that wrote it, or restore a backup from before the upgrade",
                    version, kNewestVersion)};
}

Status apply(Connection& connection, const Migration& migration, const Clock& clock) {
    TRY(connection.execute(sql::kCreateSchemaVersions));
    for (const std::string_view statement : split_statements(migration.sql))
        TRY(connection.execute(statement));
    TRY(connection.execute(sql::kAddSchemaVersion,
                           {std::int64_t{migration.version}, migration.name, clock.now()}));
    return {};
}

// Reads the version again under the write lock: another process may have been faster.
Status migrate_to(Connection& connection, const Migration& migration, const Clock& clock) {
    TRY(connection.begin());
    Result<int> version = version_of(connection);
    Status done = version.ok() ? Status() : Status(version.error());
    if (done.ok() && *version < migration.version)
        done = apply(connection, migration, clock);
    if (!done.ok()) {
        connection.rollback();
        return done.error().within(fmt::format("migration {} ({})", migration.version, migration.name));
    }
    return connection.commit();
}

}  // namespace

Result<int> migrate(Connection& connection, const Clock& clock) {
    return migrate_up_to(connection, kNewestVersion, clock);
}

Result<int> migrate_up_to(Connection& connection, int version_max, const Clock& clock) {
    TRY_ASSIGN(const int version, version_of(connection));
    TRY(check_not_newer(version));
    for (const Migration& migration : kMigrations)
        if (migration.version > version && migration.version <= version_max)
            TRY(migrate_to(connection, migration, clock));
    return version_of(connection);
}

}  // namespace tally::state
