#include "delivery/delivery_state.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tally::delivery {
namespace {

constexpr std::string_view kSource = "edge";

const lake::SnapshotInfo* parent_of(const lake::TableState& table, const lake::SnapshotInfo& snapshot) {
    return snapshot.parent.has_value() ? table.find(*snapshot.parent) : nullptr;
}

std::uint64_t taken_of(const capture::WriterPosition& position) {
    return position.next - position.skipped.size();
}

// How many of the damaged records this batch takes: those that were not taken before and are now.
std::uint64_t records_taken(const capture::Damage& damage, const capture::Positions& from,
                            const capture::Positions& to) {
    const auto has_taken = [&](const capture::Positions& positions, std::uint64_t sequence) {
        const auto found = positions.writers.find(damage.writer);
        return found != positions.writers.end() && found->second.has_taken(sequence);
    };
    std::uint64_t taken = 0;
    for (std::uint64_t i = 0; i < damage.records; ++i)
        if (!has_taken(from, damage.first_sequence + i) && has_taken(to, damage.first_sequence + i))
            ++taken;
    return taken;
}

// Records of writers that are gone which were pending when their segments were taken away by somebody else.
std::uint64_t pending_forgotten(const BatchFacts& facts) {
    std::uint64_t records = 0;
    for (const auto& [writer, position] : facts.next.writers)
        if (!facts.kept.writers.contains(writer))
            records += position.skipped.size();
    return records;
}

// When the segment was begun: the nearest thing to a time that unreadable records have.
Instant time_of(const capture::Damage& damage, const std::vector<capture::SegmentState>& segments,
                Instant now) {
    for (const capture::SegmentState& segment : segments)
        if (segment.path == damage.segment && segment.created_us > 0)
            return std::min(now, instant_from_us(static_cast<std::int64_t>(segment.created_us)));
    return now;
}

// Adds `count` to received and to one of its parts.
void book(std::vector<LedgerEntry>& entries, Instant at, std::int64_t LedgerEntry::*part,
          std::uint64_t count) {
    LedgerEntry entry;
    entry.source = kSource;
    entry.hour = ledger_hour(at);
    entry.received = static_cast<std::int64_t>(count);
    entry.*part = static_cast<std::int64_t>(count);
    entries.push_back(std::move(entry));
}

}  // namespace

std::string_view summary_value(const lake::SnapshotInfo& snapshot, std::string_view key) {
    const auto found = snapshot.summary.find(std::string(key));
    return found == snapshot.summary.end() ? std::string_view() : std::string_view(found->second);
}

Result<DeliveryState> DeliveryState::read(const lake::TableState& table) {
    DeliveryState state;
    state.snapshot = table.current;
    const auto commits = delivery_commits(table);
    if (commits.empty()) {
        const lake::SnapshotInfo* oldest = table.current_snapshot();
        while (oldest != nullptr && parent_of(table, *oldest) != nullptr)
            oldest = parent_of(table, *oldest);
        if (oldest != nullptr && oldest->parent.has_value())
            return Error{ErrorCode::kCorruption,
                         fmt::format("no snapshot of {} says how far the capture log was delivered ({}), and "
                                     "older ones have expired. Set the table back to a snapshot that has it, "
                                     "or nothing can be delivered without a risk of delivering it twice",
                                     table.location, kPositionsKey)};
        return state;
    }
    const lake::SnapshotInfo& last = *commits.front();
    state.batch_id = summary_value(last, kBatchIdKey);
    TRY_ASSIGN(state.positions, capture::Positions::from_json(summary_value(last, kPositionsKey)));
    TRY_ASSIGN(state.ledger, Ledger::read(commits));
    return state;
}

std::vector<const lake::SnapshotInfo*> delivery_commits(const lake::TableState& table) {
    std::vector<const lake::SnapshotInfo*> commits;
    for (const auto* at = table.current_snapshot(); at != nullptr; at = parent_of(table, *at)) {
        const std::string_view batch_id = summary_value(*at, kBatchIdKey);
        const bool is_carried = !commits.empty() && summary_value(*commits.back(), kBatchIdKey) == batch_id;
        if (batch_id.empty())
            continue;
        if (is_carried)
            commits.back() = at;  // the commit itself, not what carried its id forward
        else
            commits.push_back(at);
    }
    return commits;
}

Result<std::uint64_t> sequences_between(const capture::Positions& from, const capture::Positions& to) {
    std::uint64_t taken = 0;
    for (const auto& [writer, position] : to.writers)
        taken += taken_of(position);
    for (const auto& [writer, position] : from.writers) {
        const auto found = to.writers.find(writer);
        if (found == to.writers.end() || found->second.next < position.next ||
            taken_of(found->second) < taken_of(position))
            return Error{ErrorCode::kCorruption,
                         fmt::format("the capture log's positions went back for writer {:016x} (was {}); "
                                     "nothing is delivered from here on, so that nothing is delivered twice",
                                     writer, position.next)};
        taken -= taken_of(position);
    }
    return taken;
}

Result<DeliveryStep> DeliveryStep::build(const DeliveryState& state, const BatchFacts& facts,
                                         std::string batch_id, Instant now) {
    DeliveryStep step;
    step.batch_id = std::move(batch_id);
    TRY_ASSIGN(const std::uint64_t taken, sequences_between(state.positions, facts.next));
    for (const auto& [hour, rows] : facts.delivered) {
        step.delivered += rows;
        book(step.added, hour, &LedgerEntry::delivered, rows);
    }
    step.quarantined = facts.refused;
    book(step.added, now, &LedgerEntry::quarantined, facts.refused);
    for (const capture::Damage& damage : facts.damages) {
        const std::uint64_t records = records_taken(damage, state.positions, facts.next);
        step.quarantined += records;
        book(step.added, time_of(damage, facts.segments, now), &LedgerEntry::quarantined, records);
    }
    if (step.delivered + step.quarantined > taken)
        return Error{ErrorCode::kCorruption,
                     fmt::format("the capture log gave {} rows and {} damaged records for {} sequences; "
                                 "nothing of this batch is delivered, so that nothing is delivered twice",
                                 step.delivered, step.quarantined, taken)};
    step.positions = facts.kept;
    step.lost = taken - step.delivered - step.quarantined + pending_forgotten(facts);
    book(step.added, now, &LedgerEntry::lost, step.lost);
    step.added = sum_by_hour(std::move(step.added));
    return step;
}

bool DeliveryStep::can_apply(const DeliveryState& state, const lake::SnapshotInfo* base) {
    if (base == nullptr)
        return !state.snapshot.has_value();
    if (state.snapshot.has_value() && base->id == *state.snapshot)
        return true;
    // Another snapshot by now: fine as long as it says the same about delivery.
    return !state.batch_id.empty() && summary_value(*base, kBatchIdKey) == state.batch_id &&
           summary_value(*base, kPositionsKey) == state.positions.to_json();
}

std::map<std::string, std::string> DeliveryStep::summary(const DeliveryState& state) const {
    auto entries = state.ledger.summary_with(added);
    entries[std::string(kBatchIdKey)] = batch_id;
    entries[std::string(kPositionsKey)] = positions.to_json();
    return entries;
}

}  // namespace tally::delivery
