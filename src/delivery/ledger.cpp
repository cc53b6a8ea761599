#include "delivery/ledger.hpp"

#include "base/json_value.hpp"
#include "base/json_writer.hpp"
#include "delivery/delivery_state.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

namespace tally::delivery {
namespace {

using Count = std::int64_t LedgerEntry::*;

// In the order of the format.
constexpr std::array<Count, 7> kCounts = {
    &LedgerEntry::received, &LedgerEntry::delivered,   &LedgerEntry::duplicate, &LedgerEntry::dropped,
    &LedgerEntry::rejected, &LedgerEntry::quarantined, &LedgerEntry::lost,
};

void add_to(LedgerEntry& sum, const LedgerEntry& entry) {
    for (const Count count : kCounts)
        sum.*count += entry.*count;
}

void subtract_from(LedgerEntry& sum, const LedgerEntry& entry) {
    for (const Count count : kCounts)
        sum.*count -= entry.*count;
}

bool is_empty(const LedgerEntry& entry) {
    return std::all_of(kCounts.begin(), kCounts.end(), [&](Count count) { return entry.*count == 0; });
}

std::int64_t hours_since_epoch(Instant hour) {
    return std::chrono::floor<std::chrono::hours>(hour).time_since_epoch().count();
}

void write_entry(JsonWriter& json, const LedgerEntry& entry) {
    std::size_t used = kCounts.size();
    while (used > 0 && entry.*kCounts[used - 1] == 0)
        --used;
    json.begin_array().number(hours_since_epoch(entry.hour));
    for (std::size_t i = 0; i < used; ++i)
        json.number(entry.*kCounts[i]);
    json.end_array();
}

Error unreadable(std::string_view why, std::string_view text) {
    return {ErrorCode::kCorruption,
            "a ledger in a snapshot summary cannot be read: " + std::string(why) + " in \"" +
                std::string(text.substr(0, 200)) +
                "\"; the snapshot was not written by tallyman, or its metadata file was changed"};
}

Result<LedgerEntry> entry_from(const std::string& source, const JsonValue& value, std::string_view text) {
    const auto* numbers = value.as_array();
    if (numbers == nullptr || numbers->empty() || numbers->size() > kCounts.size() + 1)
        return unreadable("an entry is not an array of 1 to 8 numbers", text);
    LedgerEntry entry;
    entry.source = source;
    for (std::size_t i = 0; i < numbers->size(); ++i) {
        const std::int64_t* number = (*numbers)[i].as_int();
        if (number == nullptr)
            return unreadable("an entry holds what is not a whole number", text);
        if (i == 0)
            entry.hour = Instant{std::chrono::hours{*number}};
        else
            entry.*kCounts[i - 1] = *number;
    }
    if (!entry.balanced())
        return unreadable("received is not the sum of what became of it", text);
    return entry;
}

Result<std::vector<LedgerEntry>> entries_of(const lake::SnapshotInfo& snapshot, std::string_view key) {
    const std::string_view text = summary_value(snapshot, key);
    if (text.empty())
        return std::vector<LedgerEntry>{};
    return ledger_from_json(text);
}

// The oldest hours are added up under kHoursNoLongerKept until the text is short enough.
std::string total_json(std::vector<LedgerEntry> entries) {
    std::string text = ledger_to_json(entries);
    while (text.size() > kTotalBytesMax) {
        std::vector<Instant> hours;
        for (const LedgerEntry& entry : entries)
            hours.push_back(entry.hour);
        std::sort(hours.begin(), hours.end());
        hours.erase(std::unique(hours.begin(), hours.end()), hours.end());
        if (hours.size() <= 2)
            break;  // as many sources as that are not ours
        const Instant oldest_kept = hours[std::max<std::size_t>(hours.size() / 8, 2)];
        for (LedgerEntry& entry : entries)
            if (entry.hour < oldest_kept)
                entry.hour = kHoursNoLongerKept;
        entries = sum_by_hour(std::move(entries));
        text = ledger_to_json(entries);
    }
    return text;
}

}  // namespace

Instant ledger_hour(Instant at) {
    return std::chrono::floor<std::chrono::hours>(at);
}

std::vector<LedgerEntry> sum_by_hour(std::vector<LedgerEntry> entries) {
    std::sort(entries.begin(), entries.end(), [](const LedgerEntry& a, const LedgerEntry& b) {
        return std::tie(a.source, a.hour) < std::tie(b.source, b.hour);
    });
    std::vector<LedgerEntry> sums;
    for (LedgerEntry& entry : entries) {
        if (!sums.empty() && sums.back().source == entry.source && sums.back().hour == entry.hour)
            add_to(sums.back(), entry);
        else
            sums.push_back(std::move(entry));
    }
    std::erase_if(sums, is_empty);
    return sums;
}

std::vector<LedgerEntry> sum_by_source(std::vector<LedgerEntry> entries) {
    for (LedgerEntry& entry : entries)
        entry.hour = kHoursNoLongerKept;
    return sum_by_hour(std::move(entries));
}

std::string ledger_to_json(const std::vector<LedgerEntry>& entries) {
    JsonWriter json;
    json.begin_object();
    std::string source;
    for (const LedgerEntry& entry : sum_by_hour(entries)) {
        if (entry.source != source) {
            if (!source.empty())
                json.end_array();
            source = entry.source;
            json.key(source).begin_array();
        }
        write_entry(json, entry);
    }
    if (!source.empty())
        json.end_array();
    json.end_object();
    return json.take();
}

Result<std::vector<LedgerEntry>> ledger_from_json(std::string_view text) {
    TRY_ASSIGN(const JsonValue document, JsonValue::parse(text));
    const auto* sources = document.as_object();
    if (sources == nullptr)
        return unreadable("it is not an object", text);
    std::vector<LedgerEntry> entries;
    for (const auto& [source, hours] : *sources) {
        const auto* items = hours.as_array();
        if (items == nullptr || source.empty())
            return unreadable("a source does not name an array", text);
        for (const JsonValue& item : *items) {
            TRY_ASSIGN(auto entry, entry_from(source, item, text));
            entries.push_back(std::move(entry));
        }
    }
    return sum_by_hour(std::move(entries));
}

Result<Ledger> Ledger::read(const std::vector<const lake::SnapshotInfo*>& commits) {
    Ledger ledger;
    std::vector<LedgerEntry> known;
    for (const lake::SnapshotInfo* commit : commits) {
        TRY_ASSIGN(auto total, entries_of(*commit, kLedgerTotalKey));
        const bool has_total = !summary_value(*commit, kLedgerTotalKey).empty();
        if (!has_total) {
            TRY_ASSIGN(total, entries_of(*commit, kLedgerKey));
        }
        known.insert(known.end(), total.begin(), total.end());
        if (has_total) {
            ledger.entries = sum_by_hour(std::move(known));
            return ledger;
        }
        ++ledger.age;
    }
    if (commits.empty())
        return ledger;
    // The newest total has expired: what the sum over all time knows beyond the commits that are left keeps
    // its counts and loses its hours.
    TRY_ASSIGN(auto missing, entries_of(*commits.front(), kLedgerSumKey));
    for (LedgerEntry& sum : missing)
        for (const LedgerEntry& entry : known)
            if (entry.source == sum.source)
                subtract_from(sum, entry);
    known.insert(known.end(), missing.begin(), missing.end());
    ledger.entries = sum_by_hour(std::move(known));
    ledger.age = kCommitsPerTotal;
    return ledger;
}

std::map<std::string, std::string> Ledger::summary_with(const std::vector<LedgerEntry>& added) const {
    std::vector<LedgerEntry> all = entries;
    all.insert(all.end(), added.begin(), added.end());
    all = sum_by_hour(std::move(all));
    std::map<std::string, std::string> summary;
    summary[std::string(kLedgerKey)] = ledger_to_json(added);
    summary[std::string(kLedgerSumKey)] = ledger_to_json(sum_by_source(all));
    const bool total_is_due = entries.empty() || age + 1 >= kCommitsPerTotal;
    if (total_is_due)
        summary[std::string(kLedgerTotalKey)] = total_json(std::move(all));
    return summary;
}

Result<std::vector<LedgerEntry>> read_ledger(const lake::TableState& state) {
    TRY_ASSIGN(auto ledger, Ledger::read(delivery_commits(state)));
    return std::move(ledger.entries);
}

}  // namespace tally::delivery
