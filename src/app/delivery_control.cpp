#include "app/delivery_control.hpp"

#include "edge/uncaptured.hpp"

#include <algorithm>

namespace tally::app {
namespace {

api::UndeliverableRecord translate(const delivery::ErrorRecord& from) {
    return {from.id, from.at, from.source, from.reason, from.position, from.records, from.raw};
}

api::LedgerLine translate(const delivery::LedgerEntry& from) {
    return {from.source,  from.hour,     from.received,    from.delivered, from.duplicate,
            from.dropped, from.rejected, from.quarantined, from.lost};
}

std::uint64_t count(std::int64_t value) {
    return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

}  // namespace

Result<api::FlushSummary> DeliveryControl::flush() {
    TRY_ASSIGN(const auto done, delivery_.flush());
    return api::FlushSummary{done.delivered, done.quarantined, done.lost, done.pending, done.commits};
}

Result<std::vector<api::LedgerLine>> DeliveryControl::ledger() {
    TRY_ASSIGN(const auto state, table_.state());
    TRY_ASSIGN(auto entries, delivery::read_ledger(state));
    // A request that was served without a record was received and is lost: the edge counted it.
    TRY_ASSIGN(const auto uncaptured, edge::read_uncaptured(uncaptured_counters_));
    for (const auto& hour : uncaptured) {
        const auto lost = static_cast<std::int64_t>(hour.lost);
        if (lost > 0)
            entries.push_back({"edge", hour.hour, lost, 0, 0, 0, 0, 0, lost});
    }
    std::vector<api::LedgerLine> lines;
    for (const auto& entry : delivery::sum_by_hour(std::move(entries)))
        lines.push_back(translate(entry));
    std::stable_sort(lines.begin(), lines.end(),
                     [](const auto& a, const auto& b) { return a.hour < b.hour; });
    return lines;
}

Result<std::vector<api::UndeliverableRecord>> DeliveryControl::errors(std::size_t limit) {
    TRY_ASSIGN(const auto records, delivery::list_errors(files_, errors_folder_, limit));
    std::vector<api::UndeliverableRecord> out;
    for (const auto& record : records)
        out.push_back(translate(record));
    return out;
}

Result<api::UndeliverableRecord> DeliveryControl::error(std::string_view id) {
    const auto record = delivery::find_error(files_, errors_folder_, id);
    if (record)
        return translate(*record);
    // The stage's own message names the folder, which clients are not told.
    if (record.error().code == ErrorCode::kNotFound)
        return Error{ErrorCode::kNotFound,
                     "there is no error \"" + std::string(id) + "\"; \"errors list\" shows which are"};
    return record.error();
}

Result<DeliveryControl::Beyond> DeliveryControl::look_beyond(const lake::TableState& state) const {
    TRY_ASSIGN(const auto known, delivery::DeliveryState::read(state));
    Beyond beyond;
    capture::Positions from = known.positions;
    for (;;) {
        TRY_ASSIGN(const auto scan, log_.scan(from));
        beyond.records += scan.records.size();
        if (!scan.more) {
            beyond.pending = scan.pending;
            return beyond;
        }
        from = scan.next;
    }
}

// Delivery may commit and remove segments while the log is read here; then the look is taken again.
Result<DeliveryControl::Beyond> DeliveryControl::look_beyond() const {
    constexpr int kAttempts = 5;
    for (int attempt = 1;; ++attempt) {
        TRY_ASSIGN(const auto state, table_.state());
        auto beyond = look_beyond(state);
        if (beyond || beyond.error().code != ErrorCode::kConflict || attempt == kAttempts)
            return beyond;
    }
}

Result<std::uint64_t> DeliveryControl::undelivered_rows() {
    TRY_ASSIGN(const auto beyond, look_beyond());
    return beyond.records;
}

Result<api::PipelineCounters> DeliveryControl::counters() {
    TRY_ASSIGN(const auto state, table_.state());
    TRY_ASSIGN(const auto beyond, look_beyond());
    TRY_ASSIGN(const auto lines, ledger());
    api::PipelineCounters out;
    for (const auto& line : lines) {
        out.delivered += count(line.delivered);
        out.duplicate += count(line.duplicate);
        out.dropped += count(line.dropped);
        out.rejected += count(line.rejected);
        out.quarantined += count(line.quarantined);
        out.lost += count(line.lost);
    }
    out.undelivered = beyond.records;
    out.pending = beyond.pending;
    if (const auto* snapshot = state.current_snapshot()) {
        out.commits = count(snapshot->sequence_number);
        out.last_commit_seconds = static_cast<double>(to_us(snapshot->committed_at)) / 1e6;
    }
    out.flush_failures = flush_failures_;
    out.sync_failures = sync_failures_;
    return out;
}

}  // namespace tally::app
