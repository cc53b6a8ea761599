#pragma once

#include "accounts/page.hpp"
#include "base/result.hpp"
#include "state/connection.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tally::state {

// The position of the row that a cursor (the id of a page's last item) stands for; 0 for an empty cursor.
// `position_sql` selects it by id.
inline Result<std::int64_t> position_of(Connection& connection, std::string_view position_sql,
                                        std::string_view cursor) {
    if (cursor.empty())
        return std::int64_t{0};
    TRY_ASSIGN(const std::vector<Row> found, connection.query(position_sql, {cursor}));
    if (found.empty())
        return Error{ErrorCode::kInvalidArgument, "this cursor did not come from a list", "/cursor"};
    return found.front().whole(0);
}

// A page of `rows`, which holds one more than the page's limit where there is a next page.
template <class T, class ReadRow, class IdOf>
Result<accounts::Page<T>> page_of(const std::vector<Row>& rows, std::size_t limit, ReadRow read_row,
                                  IdOf id_of) {
    accounts::Page<T> page;
    for (const Row& row : rows) {
        if (page.data.size() == limit) {
            page.next_cursor = id_of(page.data.back());
            break;
        }
        TRY_ASSIGN(T item, read_row(row));
        page.data.push_back(std::move(item));
    }
    return page;
}

// The only row's item, or nullopt when there is none.
template <class T, class ReadRow>
Result<std::optional<T>> first_of(const std::vector<Row>& rows, ReadRow read_row) {
    if (rows.empty())
        return std::optional<T>();
    TRY_ASSIGN(T item, read_row(rows.front()));
    return std::optional<T>(std::move(item));
}

template <class T, class ReadRow>
Result<std::vector<T>> all_of(const std::vector<Row>& rows, ReadRow read_row) {
    std::vector<T> items;
    items.reserve(rows.size());
    for (const Row& row : rows) {
        TRY_ASSIGN(T item, read_row(row));
        items.push_back(std::move(item));
    }
    return items;
}

// The limit of a list that is wanted whole.
inline constexpr std::int64_t kEverything = std::numeric_limits<std::int64_t>::max();

// The number at the edge of a row with this `position`: it never is another's, because AUTOINCREMENT does not
// use a position twice. kResourceExhausted beyond 32 bits, which the edge's files have for it.
inline Result<std::uint32_t> ordinal_of(const Row& row, std::size_t column) {
    const std::int64_t position = row.whole(column);
    if (position > std::numeric_limits<std::uint32_t>::max())
        return Error{ErrorCode::kResourceExhausted, "there were more of these than the edge has numbers for"};
    return static_cast<std::uint32_t>(position);
}

inline std::int64_t one_more(std::size_t limit) {
    return static_cast<std::int64_t>(limit) + 1;
}

}  // namespace tally::state
