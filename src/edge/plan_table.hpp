#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"
#include "model/usage_limits.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace tally::edge {

// What the edge knows of a usage plan.
struct PlanEntry {
    std::uint32_t ordinal = 0;  // from 1; the plan's for ever (its row in the state database)
    std::string name;           // stands in the records of the plan's keys; at most 255 bytes
    UsageLimits limits;
};

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

    // As KeyTable::needs_rebuild.
    [[nodiscard]] bool needs_rebuild() const;

    // Replaces everything in one step.
    Status rebuild(std::span<const PlanEntry> entries);

    // Adds the plan or changes its limits; obeyed by workers when this returns. kInvalidArgument for limits
    // that the table cannot hold.
    Status upsert(const PlanEntry& entry);

    // Keys that still name it are let in without limits of a plan.
    Status remove(std::uint32_t ordinal);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::edge
