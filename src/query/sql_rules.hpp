#pragma once

#include "base/result.hpp"
#include "query/views.hpp"

#include <set>
#include <string>
#include <string_view>

namespace tally::query {

// What SQL from outside may say, decided on the syntax tree that DuckDB's own parser gives
// (json_serialize_sql), so that what is checked is what runs. Everything that is not known here is refused.
// Pure; knows nothing of DuckDB but the tree's names.

inline constexpr std::size_t kSqlSizeMax =
    64 * 1024;  // bytes; also bounds what one call can build of literals

// A statement, with its EXPLAIN taken off: DuckDB has no tree of an EXPLAIN, but of what is explained.
struct SqlText {
    std::string prefix;  // "", "EXPLAIN " or "EXPLAIN ANALYZE "
    std::string select;
};

// kInvalidArgument for a text that is empty, too long, or holds a zero byte.
Result<SqlText> split_explain(std::string_view sql);

// The views that a checked statement reads.
struct ViewsUsed {
    SampleViews samples;
    bool qualified = false;  // as tallyman.<name>
};

// Checks the tree of a user's statement. kInvalidArgument names the rule and the word that breaks it.
Result<ViewsUsed> check_statement(std::string_view tree_json);

// The statement that a condition is checked in.
std::string around_condition(std::string_view condition);

// Checks the tree of around_condition(<condition>); `plain_tree_json` is the same with the condition TRUE.
// The two must differ in nothing but the condition, which must be an expression of one row.
Status check_condition_tree(std::string_view tree_json, std::string_view plain_tree_json);

}  // namespace tally::query
