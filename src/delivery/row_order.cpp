#include "delivery/row_order.hpp"

#include "base/assert.hpp"
#include "base/time_text.hpp"
#include "model/request_text.hpp"
#include "model/requests_table.hpp"

#include <algorithm>
#include <map>
#include <numeric>
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

// A row with what it is ordered by, gathered in one pass over the records: sorting touches none of them.
struct SortedRow {
    std::int64_t time_us;
    const RequestRecord* row;
    std::uint64_t bytes;
    std::uint32_t key;    // number of its key, later the key's rank
    std::uint32_t place;  // among the rows of its day, as they came

    bool operator<(const SortedRow& other) const {
        return std::tie(time_us, row->id) < std::tie(other.time_us, other.row->id);
    }
};

// Gives each key a number, and then the rank of each number: the place of its key among all keys as they are
// stored, null (empty) first.
class KeyRanks {
  public:
    std::uint32_t number_of(const RequestRecord& record) {
        if (!texts_.empty() && record.api_key_id == last_key_)
            return last_number_;
        const auto [found, is_new] =
            numbers_.try_emplace(record.api_key_id, static_cast<std::uint32_t>(texts_.size()));
        if (is_new)
            texts_.emplace_back(
                std::get<TextValue>(kRequestValues[requests_column("api_key_id")])(record, scratch_));
        last_key_ = record.api_key_id;
        last_number_ = found->second;
        return last_number_;
    }

    // By number. Keys that are stored alike have one rank.
    [[nodiscard]] std::vector<std::uint32_t> ranks() const {
        std::vector<std::string> sorted = texts_;
        std::sort(sorted.begin(), sorted.end());
        std::vector<std::uint32_t> ranks;
        for (const std::string& text : texts_) {
            const auto found = std::lower_bound(sorted.begin(), sorted.end(), text);
            ranks.push_back(static_cast<std::uint32_t>(found - sorted.begin()));
        }
        return ranks;
    }

  private:
    std::unordered_map<std::string_view, std::uint32_t> numbers_;
    std::vector<std::string> texts_;  // by number, as stored
    std::string scratch_;
    std::string_view last_key_;
    std::uint32_t last_number_ = 0;
};

// Rows of one day by key and time: counted into their keys' places, then each key sorted. Records come in the
// order of their writers, so most keys are in order already.
std::vector<SortedRow> sorted_by_key_and_time(const std::vector<SortedRow>& rows, std::size_t keys) {
    std::vector<std::size_t> ends(keys + 1);
    for (const SortedRow& row : rows)
        ++ends[row.key + 1];
    std::partial_sum(ends.begin(), ends.end(), ends.begin());
    std::vector<SortedRow> sorted(rows.size());
    for (const SortedRow& row : rows)
        sorted[ends[row.key]++] = row;
    for (auto begin = sorted.begin(); begin != sorted.end();) {
        const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(ends[begin->key]);
        if (!std::is_sorted(begin, end))
            std::sort(begin, end);
        begin = end;
    }
    return sorted;
}

// One file of the rows sorted[begin, end): back to how they came, with their order beside them. `number` is
// room for one entry a row of the day.
FileRows file_of(std::int32_t day, std::span<const SortedRow> sorted, std::vector<std::uint32_t>& number) {
    constexpr std::uint32_t kElsewhere = ~0U;
    std::fill(number.begin(), number.end(), kElsewhere);
    for (const SortedRow& row : sorted)
        number[row.place] = 0;
    std::uint32_t next = 0;
    for (std::uint32_t& one : number)
        if (one != kElsewhere)
            one = next++;
    FileRows file{day, std::vector<const RequestRecord*>(sorted.size()), {}};
    file.order.reserve(sorted.size());
    for (const SortedRow& row : sorted) {
        file.rows[number[row.place]] = row.row;
        file.order.push_back(number[row.place]);
    }
    return file;
}

// How many of the rows fit into one file: one at least.
std::size_t rows_that_fit(std::span<const SortedRow> sorted, std::uint64_t file_bytes_max) {
    std::uint64_t bytes = 0;
    std::size_t rows = 0;
    while (rows < sorted.size() && (rows == 0 || bytes + sorted[rows].bytes <= file_bytes_max))
        bytes += sorted[rows++].bytes;
    return rows;
}

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
    KeyRanks keys;
    std::map<std::int32_t, std::vector<SortedRow>> days;
    for (const RequestRecord* row : rows) {
        TALLY_ASSERT(!row_problem(*row).has_value(), "rows are checked before they are ordered");
        auto& of_day = days[utc_day(row->time)];
        of_day.push_back({to_us(row->time), row, text_bytes(*row), keys.number_of(*row),
                          static_cast<std::uint32_t>(of_day.size())});
    }
    const std::vector<std::uint32_t> ranks = keys.ranks();
    std::vector<FileRows> files;
    for (auto& [day, of_day] : days) {
        for (SortedRow& row : of_day)
            row.key = ranks[row.key];
        const std::vector<SortedRow> sorted = sorted_by_key_and_time(of_day, ranks.size());
        std::vector<std::uint32_t> number(sorted.size());
        for (std::span<const SortedRow> rest = sorted; !rest.empty();) {
            const std::size_t fit = rows_that_fit(rest, file_bytes_max);
            files.push_back(file_of(day, rest.first(fit), number));
            rest = rest.subspan(fit);
        }
    }
    return files;
}

}  // namespace tally::delivery
