#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace tally::capture {

// How far one writer's records have been taken: all with a sequence below `next` but those in `skipped`,
// which were still pending then and must be taken later.
struct WriterPosition {
    std::uint64_t next = 0;
    std::set<std::uint64_t> skipped;
    bool operator==(const WriterPosition&) const = default;

    [[nodiscard]] bool has_taken(std::uint64_t sequence) const {
        return sequence < next && !skipped.contains(sequence);
    }

    // How many of the sequences from `begin` up to, but not including, `end` have not been taken.
    [[nodiscard]] std::uint64_t count_untaken(std::uint64_t begin, std::uint64_t end) const;
};

// Where Positions stand in the summary of a snapshot: delivery writes them, query reads them.
inline constexpr std::string_view kPositionsKey = "tallyman.positions";

// How far the capture log has been taken, by writer id. A writer that is not here has had nothing taken.
// Stored as JSON in the summary of the Iceberg snapshot that holds the data, so that data and position cannot
// disagree. A value.
struct Positions {
    std::map<std::uint64_t, WriterPosition> writers;
    bool operator==(const Positions&) const = default;

    // {"00c0ffee00c0ffee":{"next":12,"skipped":[3,7]}}; writers in order, skipped left out when empty.
    [[nodiscard]] std::string to_json() const;
    // kCorruption, with what is wrong and where, for anything that to_json() cannot have written.
    static Result<Positions> from_json(std::string_view text);
};

// What has been taken according to both: the records that neither of two takers needs any more.
Positions taken_by_both(const Positions& a, const Positions& b);

}  // namespace tally::capture
