#include "state/embedded_sql.hpp"
#include "state/paging.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

using accounts::AuditEntry;

namespace {

constexpr std::size_t kVerifyBatch = 1000;

Result<AuditEntry> read_entry(const Row& row) {
    return AuditEntry{.sequence = row.whole(0),
                      .at = row.instant(1),
                      .action = row.text(2),
                      .subject = row.text(3),
                      .detail = row.text(4),
                      .previous_hash = row.text(5),
                      .hash = row.text(6)};
}

}  // namespace

Result<std::vector<AuditEntry>> AuditChain::list(std::int64_t after, std::size_t limit) {
    return database_.read([&](Connection& connection) -> Result<std::vector<AuditEntry>> {
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kListAuditEntries, {after, static_cast<std::int64_t>(limit)}));
        return all_of<AuditEntry>(rows, read_entry);
    });
}

Result<std::int64_t> AuditChain::verify() {
    std::int64_t checked = 0;
    std::string previous_hash(64, '0');
    while (true) {
        TRY_ASSIGN(const std::vector<AuditEntry> entries, list(checked, kVerifyBatch));
        for (const AuditEntry& entry : entries) {
            if (entry.sequence != checked + 1)
                return Error{ErrorCode::kDifference,
                             fmt::format("audit log: entry {} is missing", checked + 1)};
            if (entry.previous_hash != previous_hash || entry.hash != accounts::audit_hash(entry))
                return Error{
                    ErrorCode::kDifference,
                    fmt::format("audit log: entry {} ({} of {}) was changed, or one before it was removed",
                                entry.sequence, entry.action, entry.subject)};
            previous_hash = entry.hash;
            checked = entry.sequence;
        }
        if (entries.size() < kVerifyBatch)
            return checked;
    }
}

}  // namespace tally::state
