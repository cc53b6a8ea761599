#pragma once

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "base/siphash.hpp"
#include "base/strong_id.hpp"
#include "edge/key_table_format.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

namespace tally::edge {

// What the edge knows of one API key. The key itself is not here: only its digest under the table's secret.
struct KeyEntry {
    Digest128 digest;
    KeyId key_id;               // at most kKeyIdSizeMax bytes
    CustomerId customer_id;     // at most kCustomerIdSizeMax bytes; empty = none
    std::uint32_t ordinal = 0;  // of the key's account in the limit file; 0 = it has none
    std::uint32_t plan = 0;     // PlanEntry::ordinal; 0 = no limits of a plan
    // A prepaid customer's account in the limit file; 0 = pays later
    std::uint32_t credit_account = 0;
    // quota_period_number in which the key came under its plan: there the quota's offset is taken off
    std::int64_t first_quota_period = 0;
    bool revoked = false;
    std::optional<Instant> expires_at = std::nullopt;  // nullopt = never
};

// The server's side of the key table: changes are seen by every nginx worker at its next request, without a
// reload. The one writer of the file (the data folder's lock sees to that); thread-safe. The state database
// is the truth and this its copy in shared memory: it survives the death of any process, and is rebuilt from
// the database after a power cut or damage. The file is as secret as its SipKey: mode 0600.
class KeyTable {
    struct Private {};

  public:
    KeyTable(Private, Path path, SipKey secret);

    // Maps the table at `path`, or makes an empty one where there is none. A file that is damaged, of another
    // machine start or of another secret is left alone until rebuild() replaces it; workers refuse keys with
    // 503 until then (damaged, other start) or go on with it (other secret).
    static Result<std::unique_ptr<KeyTable>> open_or_create(const Path& path, SipKey secret);

    ~KeyTable();
    KeyTable(const KeyTable&) = delete;
    KeyTable& operator=(const KeyTable&) = delete;

    // True when the content cannot be trusted to be what was put in: just made, or unreadable. Every other
    // call but digest_of and rebuild fails with kCorruption while the file is unreadable.
    [[nodiscard]] bool needs_rebuild() const;

    // Replaces the whole table by `entries` in one step. After a crash either the old or the new one is
    // there.
    Status rebuild(std::span<const KeyEntry> entries);

    // Adds the key or changes what is known of it. Accepted by workers when this returns. Takes microseconds,
    // and some 50 ns a known key whenever the number of keys has doubled. kIo on a full disk: nothing
    // changed.
    Status upsert(const KeyEntry& entry);

    // Refused by workers when this returns. kNotFound: no such key.
    Status revoke(const Digest128& digest);

    [[nodiscard]] std::optional<KeyEntry> find(const Digest128& digest) const;

    // Keys in the table, revoked ones included.
    [[nodiscard]] std::uint64_t size() const;

    [[nodiscard]] Digest128 digest_of(std::string_view key) const {
        return siphash128(secret_, key.data(), key.size());
    }

  private:
    class Mapping;

    Status replace_by(std::span<const KeyEntry> entries);

    const Path path_;
    const SipKey secret_;
    mutable std::mutex mutex_;
    std::unique_ptr<Mapping> mapping_;  // null while the file at the path is unreadable
    bool needs_rebuild_ = false;
};

}  // namespace tally::edge
