#include "state/database.hpp"

#include "accounts/audit_log.hpp"
#include "state/embedded_sql.hpp"

namespace tally::state {

Status Database::audit(Connection& connection, std::string_view action, std::string_view subject,
                       std::string_view detail) {
    TRY_ASSIGN(const std::vector<Row> newest, connection.query(sql::kNewestAuditEntry));
    accounts::AuditEntry entry{
        .sequence = newest.empty() ? 1 : newest.front().whole(0) + 1,
        .at = clock_.now(),
        .action = std::string(action),
        .subject = std::string(subject),
        .detail = std::string(detail),
        .previous_hash = newest.empty() ? std::string(64, '0') : newest.front().text(1),
        .hash = ""};
    entry.hash = accounts::audit_hash(entry);
    TRY(connection.execute(sql::kAppendAuditEntry, {entry.sequence, entry.at, entry.action, entry.subject,
                                                    entry.detail, entry.previous_hash, entry.hash}));
    return {};
}

}  // namespace tally::state
