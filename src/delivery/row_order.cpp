#include "delivery/row_order.hpp"

#include "base/assert.hpp"
#include "base/time_text.hpp"
#include "model/request_text.hpp"
#include "model/requests_table.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>

namespace tally::delivery {
namespace {

constexpr Instant kEarliest = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};
constexpr Instant kLatest = std::chrono::sys_days{std::chrono::year{2100} / 1 / 1};

// What a row takes besides its headers, which stand in it about twice (whole and as single columns), and its
// path: numbers, ids, addresses, results.
constexpr std::uint64_t kRowBytes = 256;

std::uint64_t text_bytes(const RequestRecord& record) {
    return kRowBytes + 2 * record.headers.size() + record.uri_stem.size() + record.uri_query.size() +
           record.resource_path.size();
}

// The place of each key among all keys of these rows, so that sorting compares no texts. Keys are ordered as
// they are stored: null (empty) first, then by bytes.
class KeyRanks {
  public:
    explicit KeyRanks(std::span<const RequestRecord* const> rows) {
        std::string scratch;
        for (const RequestRecord* row : rows)
            if (ranks_.try_emplace(row->api_key_id, 0).second)
                texts_.emplace_back(stored_text(*row, scratch));
        std::sort(texts_.begin(), texts_.end());
        texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
        RequestRecord probe;
        for (auto& [key, rank] : ranks_) {
            probe.api_key_id = key;
            const auto found = std::lower_bound(texts_.begin(), texts_.end(), stored_text(probe, scratch));
            rank = static_cast<std::int32_t>(found - texts_.begin());
        }
    }

    [[nodiscard]] std::int32_t of(std::string_view key) const { return ranks_.at(key); }

  private:
    static std::string_view stored_text(const RequestRecord& record, std::string& scratch) {
        return std::get<TextValue>(kRequestValues[requests_column("api_key_id")])(record, scratch);
    }

    std::unordered_map<std::string_view, std::int32_t> ranks_;
    std::vector<std::string> texts_;
};

struct SortedRow {
    std::int32_t day;
    std::int32_t key_rank;
    std::int64_t time_us;
    const RequestRecord* row;

    bool operator<(const SortedRow& other) const {
        return std::tie(day, key_rank, time_us, row->id) <
               std::tie(other.day, other.key_rank, other.time_us, other.row->id);
    }
};

}  // namespace

std::optional<std::string> row_problem(const RequestRecord& record) {
    if (record.time < kEarliest || record.time >= kLatest)
        return "its time, " + std::to_string(to_us(record.time)) +
               " microseconds since 1970, is not between the years 2000 and 2100: the clock of the machine "
               "that captured it was wrong";
    return std::nullopt;
}

std::vector<FileRows> order_rows(std::span<const RequestRecord* const> rows, std::uint64_t file_bytes_max) {
    TALLY_ASSERT(file_bytes_max > 0, "a file holds at least something");
    const KeyRanks ranks(rows);
    std::vector<SortedRow> sorted;
    sorted.reserve(rows.size());
    for (const RequestRecord* row : rows) {
        TALLY_ASSERT(!row_problem(*row).has_value(), "rows are checked before they are ordered");
        sorted.push_back({utc_day(row->time), ranks.of(row->api_key_id), to_us(row->time), row});
    }
    std::sort(sorted.begin(), sorted.end());

    std::vector<FileRows> files;
    std::uint64_t bytes = 0;
    for (const SortedRow& next : sorted) {
        const std::uint64_t row_bytes = text_bytes(*next.row);
        if (files.empty() || files.back().day != next.day || bytes + row_bytes > file_bytes_max) {
            files.push_back({next.day, {}});
            bytes = 0;
        }
        files.back().rows.push_back(next.row);
        bytes += row_bytes;
    }
    return files;
}

}  // namespace tally::delivery
