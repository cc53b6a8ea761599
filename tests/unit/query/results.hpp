#pragma once

#include "query/query_engine.hpp"

#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::query::test {

inline std::string shown(const Cell& cell) {
    return std::visit(
        [](const auto& value) -> std::string {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
                return "null";
            else
                return fmt::format("{}", value);
        },
        cell.value);
}

// Rows by '\n', cells by '|'.
inline std::string shown(const QueryResult& result) {
    std::string text;
    for (const auto& row : result.rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += (i == 0 ? "" : "|") + shown(row[i]);
        text += '\n';
    }
    return text;
}

// The result as text, or the error's message behind "error: ".
inline std::string ask(QueryEngine& engine, std::string_view sql, const Cut& cut = {},
                       const QueryLimits& limits = {}) {
    const auto result = engine.run_user_sql(sql, cut, limits);
    return result.ok() ? shown(*result) : "error: " + result.error().message;
}

}  // namespace tally::query::test
