#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tally::accounts {

// One change of state that somebody may have to answer for. Never holds a secret.
struct AuditEntry {
    std::int64_t sequence = 0;  // from 1, no gaps
    Instant at;
    std::string action;   // "key.revoke", "invoice.finalize", …
    std::string subject;  // the id of what changed
    std::string detail;
    std::string previous_hash;  // of the entry before; 64 zeros for the first
    std::string hash;           // SHA-256 over all fields above, hex
};

// The chain of audit entries. State writes an entry in the same transaction as the change, so neither is ever
// without the other. A port for reading: state/ implements it. Thread-safe.
class AuditLog {
  public:
    virtual ~AuditLog() = default;
    // Entries after sequence `after`, oldest first.
    [[nodiscard]] virtual Result<std::vector<AuditEntry>> list(std::int64_t after, std::size_t limit) = 0;
    // Recomputes the chain. kDifference names the first entry that does not fit; returns the number of
    // entries.
    [[nodiscard]] virtual Result<std::int64_t> verify() = 0;
};

// The hash of an entry over its other fields.
std::string audit_hash(const AuditEntry& entry);

}  // namespace tally::accounts
