#include "accounts/audit_log.hpp"

#include "accounts/sha256.hpp"
#include "base/json_writer.hpp"

namespace tally::accounts {

std::string audit_hash(const AuditEntry& entry) {
    JsonWriter json;
    json.begin_array()
        .number(entry.sequence)
        .number(to_us(entry.at))
        .string(entry.action)
        .string(entry.subject);
    json.string(entry.detail).string(entry.previous_hash).end_array();
    return sha256_hex(json.take());
}

}  // namespace tally::accounts
