#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "model/usage_limits.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace tally::edge {

// What the edge knows of a usage plan.
struct PlanEntry {
    std::uint32_t ordinal = 0;  // from 1; the plan's for ever (its row in the state database)
    std::string name;           // stands in the records of the plan's keys; at most 255 bytes
    UsageLimits limits;
    bool operator==(const PlanEntry&) const = default;
};

// kInvalidArgument for what the table cannot hold: an ordinal of 0 or above 1,000,000, a name above 255
// bytes, figures outside of the ranges of UsageLimits, a burst that takes more than 146 years to fill, more
// than kMethodThrottlesMax methods, two of the same method and path, a path above 1024 bytes or one that
// neither starts with '/' nor is "*", a method that is empty or above 32 bytes.
Status check_plan(const PlanEntry& entry);

// The server's side of the plan table: limits that every worker obeys at its next request, without a reload.
// The one writer of the file; thread-safe. A copy of the state database, like the key table; the bytes are
// described in docs/formats/plan-table.md.
class PlanTable {
    struct Private {};

  public:
    explicit PlanTable(Private, Path path);
    ~PlanTable();
    PlanTable(const PlanTable&) = delete;
    PlanTable& operator=(const PlanTable&) = delete;

    // Maps the table at `path`, or makes an empty one.
    static Result<std::unique_ptr<PlanTable>> open_or_create(const Path& path);

    // As KeyTable::needs_rebuild. Until rebuild() the other calls fail with kCorruption where the file is
    // unreadable.
    [[nodiscard]] bool needs_rebuild() const;

    // Replaces everything in one step.
    Status rebuild(std::span<const PlanEntry> entries);

    // Adds the plan or changes its limits; obeyed by workers when this returns. The token buckets and counts
    // of its keys stand, also those of methods that stay. kInvalidArgument as check_plan().
    Status upsert(const PlanEntry& entry);

    // Keys that still name it are let in without limits of a plan. No error where there is none.
    Status remove(std::uint32_t ordinal);

    // nullopt where there is none. Methods come back in the order in which they are tried.
    [[nodiscard]] std::optional<PlanEntry> find(std::uint32_t ordinal) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::edge
