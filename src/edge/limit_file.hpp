#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace tally::edge {

// What a key has used of its quota.
struct QuotaUse {
    std::int64_t period = 0;  // quota_period_number
    std::int64_t used = 0;
    bool operator==(const QuotaUse&) const = default;
};

// A prepaid customer's allowance: requests are let in while used < granted. Both only grow, so that server
// and workers never undo each other: the server grants, a worker that lets a request in uses.
struct Allowance {
    std::uint64_t granted = 0;
    std::uint64_t used = 0;
    bool operator==(const Allowance&) const = default;
};

// The server's side of the limit file: token buckets and quota counters of all keys, allowances of all
// prepaid customers, in memory that workers and server share. Accounts are numbered by the rows of the state
// database
// (`ordinal`, from 1), so they outlive rebuilds of the key table. The file survives the death of any process;
// a machine crash makes it unusable (its header names the kernel's boot), and the server fills a new one from
// the log before the edge answers. Thread-safe. Bytes: docs/formats/limit-file.md.
class LimitFile {
    struct Private {};

  public:
    explicit LimitFile(Private, Path path);
    ~LimitFile();
    LimitFile(const LimitFile&) = delete;
    LimitFile& operator=(const LimitFile&) = delete;

    // Maps the file at `path`. One that is damaged or of another machine start is left to rebuild().
    static Result<std::unique_ptr<LimitFile>> open_or_create(const Path& path);

    // True when what it holds is not what workers counted: just made, damaged, or of another machine start.
    [[nodiscard]] bool needs_rebuild() const;

    // Starts a new file with empty accounts. Workers answer limited keys 503 until finish_rebuild(); what the
    // server sets in between stands when they go on.
    Status begin_rebuild();
    Status finish_rebuild();

    // Room for accounts of keys and of customers up to these ordinals; before they are published.
    // kUnavailable on a full disk. Never moves what is there.
    Status reserve(std::uint32_t key_ordinal, std::uint32_t customer_ordinal);

    // nullopt where the key has not been counted in any period.
    [[nodiscard]] std::optional<QuotaUse> quota_use(std::uint32_t key_ordinal) const;

    // For rebuilds, and for those who grant a key more or less of its quota by hand.
    Status set_quota_use(std::uint32_t key_ordinal, const QuotaUse& use);

    [[nodiscard]] Allowance allowance(std::uint32_t customer_ordinal) const;

    // Sets `granted` to `granted`, whichever way; obeyed by workers when this returns.
    Status set_granted(std::uint32_t customer_ordinal, std::uint64_t granted);

    // For rebuilds alone.
    Status set_used(std::uint32_t customer_ordinal, std::uint64_t used);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::edge
