#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "lake/table.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tally::delivery {

// The conservation ledger's line: what came in from one source in one hour of event time, and what became of
// it. received = delivered + duplicate + dropped + rejected + quarantined + lost, always.
struct LedgerEntry {
    std::string source;  // "edge"
    Instant hour;  // start of the hour, UTC; the hour of detection where a record's own time is unreadable
    std::int64_t received = 0;
    std::int64_t delivered = 0;
    std::int64_t duplicate = 0;
    std::int64_t dropped = 0;
    std::int64_t rejected = 0;
    std::int64_t quarantined = 0;
    std::int64_t lost = 0;  // sequence gaps: records that a writer numbered and that are nowhere
    bool operator==(const LedgerEntry&) const = default;

    [[nodiscard]] bool balanced() const {
        return received == delivered + duplicate + dropped + rejected + quarantined + lost;
    }
};

// Start of the UTC hour.
Instant ledger_hour(Instant at);

// {"edge":[[495120,12,12]]}: by source, one array an hour, in order: hours since 1970, received, delivered,
// duplicate, dropped, rejected, quarantined, lost; zeros at the end left out. Entries of one source and hour
// are added up, so equal contents give equal bytes. Reading refuses what is not balanced. The format's page
// is docs/formats/delivery-summary.md.
std::string ledger_to_json(const std::vector<LedgerEntry>& entries);
Result<std::vector<LedgerEntry>> ledger_from_json(std::string_view text);

// Entries of one source and hour added up, in order of source and hour.
std::vector<LedgerEntry> sum_by_hour(std::vector<LedgerEntry> entries);

// One entry a source, all hours added up, under kHoursNoLongerKept.
std::vector<LedgerEntry> sum_by_source(std::vector<LedgerEntry> entries);

// The hour under which counts stand whose own hour is not known any more.
inline constexpr Instant kHoursNoLongerKept{};

// How the ledger lives in snapshot summaries, so that nothing is lost when old snapshots expire: each
// snapshot has what its own commit added ("tallyman.ledger") and the sum over all time by source
// ("tallyman.ledger-sum"); each kCommitsPerTotal-th also has all hours up to and with itself
// ("tallyman.ledger-total", at most kTotalBytesMax). Whoever expires snapshots keeps those back to the newest
// total; if they are gone after all, the sums still add up, and only the hours of the missing part are lost
// (they stand under kHoursNoLongerKept).
inline constexpr std::string_view kLedgerKey = "tallyman.ledger";
inline constexpr std::string_view kLedgerSumKey = "tallyman.ledger-sum";
inline constexpr std::string_view kLedgerTotalKey = "tallyman.ledger-total";
inline constexpr int kCommitsPerTotal = 64;
inline constexpr std::size_t kTotalBytesMax = 48 * 1024;

// The ledger up to one commit. A value.
struct Ledger {
    std::vector<LedgerEntry> entries;  // by source and hour, in order
    int age = 0;                       // commits since the newest one with a total; 0 = the last one has it

    // From the delivery commits that lead to the current snapshot, newest first. Empty list = empty ledger.
    static Result<Ledger> read(const std::vector<const lake::SnapshotInfo*>& commits);

    // The summary entries of the commit that adds `added` to this.
    [[nodiscard]] std::map<std::string, std::string> summary_with(
        const std::vector<LedgerEntry>& added) const;
};

// The ledger as kept in the snapshots of `state`, summed by source and hour, in order.
Result<std::vector<LedgerEntry>> read_ledger(const lake::TableState& state);

}  // namespace tally::delivery
