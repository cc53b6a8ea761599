#include "query/sql_rules.hpp"

#include "model/requests_table.hpp"
#include "query/allowed_functions.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <initializer_list>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tally::query {
namespace {

namespace json = boost::json;

// DuckDB stops at 1000 levels of expressions, each two levels of this tree; the walk is recursive.
constexpr std::size_t kTreeDepthMax = 1200;

Error refused(std::string detail) {
    return Error{ErrorCode::kInvalidArgument, std::move(detail)};
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

// The text of a member; empty when it is absent or no string.
std::string_view text_of(const json::object& object, std::string_view name) {
    const json::value* member = object.if_contains(name);
    const json::string* text = member == nullptr ? nullptr : member->if_string();
    return text == nullptr ? std::string_view{} : std::string_view(*text);
}

Result<json::value> parse_tree(std::string_view tree) {
    json::parse_options options;
    options.max_depth = kTreeDepthMax;
    json::error_code failure;
    json::value value = json::parse(tree, failure, {}, options);
    if (failure == json::error::too_deep)
        return refused("the SQL is nested too deeply");
    if (failure)
        return Error{ErrorCode::kInternal, "DuckDB's syntax tree is not JSON: " + failure.message()};
    return value;
}

// The statement's object in the tree, or why there is none.
Result<json::object> only_statement(std::string_view tree) {
    TRY_ASSIGN(json::value root, parse_tree(tree));
    json::object& object = root.as_object();
    if (object.contains("error") && object["error"].as_bool()) {
        const std::string_view message = text_of(object, "error_message");
        if (text_of(object, "error_type") == "not implemented")
            return refused("only one SELECT is accepted (also WITH … SELECT, VALUES, and EXPLAIN of one)");
        return refused("SQL: " + std::string(message));
    }
    const json::value* statements = object.if_contains("statements");
    if (statements == nullptr || !statements->is_array())
        return Error{ErrorCode::kInternal, "DuckDB's syntax tree has no statements"};
    const std::size_t count = statements->get_array().size();
    if (count != 1)
        return refused(fmt::format("exactly one statement is accepted, there are {}", count));
    return statements->get_array()[0].as_object();
}

// Walks a tree and refuses whatever is not known. Where names of common table expressions are visible is
// followed exactly: a name that is not one of them must be one of our views.
class Walk {
  public:
    enum class Place : std::uint8_t { kQuery, kCondition };

    explicit Walk(Place place) : place_(place) {}

    Status value(const json::value& node) {
        if (const json::array* array = node.if_array()) {
            for (const json::value& item : *array)
                TRY(value(item));
            return {};
        }
        const json::object* object = node.if_object();
        return object == nullptr ? Status{} : any_object(*object);
    }

    [[nodiscard]] const ViewsUsed& views() const { return views_; }

  private:
    Status any_object(const json::object& object) {
        if (object.contains("class"))
            return expression(object);
        const std::string_view type = text_of(object, "type");
        if (is_one_of(type, {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"}))
            return query_node(object);
        if (type == "BASE_TABLE")
            return base_table(object);
        if (type == "TABLE_FUNCTION")
            return table_function(object);
        if (type == "SHOW_REF")
            return refused(
                "DESCRIBE, SHOW and SUMMARIZE are not accepted; the columns are in the documentation");
        const bool is_known = type.empty() || type.ends_with("_MODIFIER") || type.ends_with("_TYPE_INFO") ||
                              is_one_of(type, {"SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST", "PIVOT",
                                               "COLUMN_DATA", "ORDER_DEFAULT", "ASCENDING", "DESCENDING",
                                               "ORDER_ASCENDING", "ORDER_DESCENDING"});
        if (!is_known)
            return refused(fmt::format("{} is not accepted", type));
        return members(object);
    }

    Status members(const json::object& object) {
        for (const json::key_value_pair& member : object)
            TRY(value(member.value()));
        return {};
    }

    Status expression(const json::object& object) {
        const std::string_view kind = text_of(object, "class");
        if (kind == "PARAMETER")
            return refused("parameters ($1, ?) are not accepted; write the value");
        if (place_ == Place::kCondition && is_one_of(kind, {"SUBQUERY", "WINDOW", "STAR", "LAMBDA"}))
            return refused(fmt::format("a condition may not hold a {}", lower(kind)));
        const bool is_known =
            is_one_of(kind, {"BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION",
                             "CONSTANT", "FUNCTION", "LAMBDA", "OPERATOR", "POSITIONAL_REFERENCE", "STAR",
                             "SUBQUERY", "WINDOW"});
        if (!is_known)
            return refused(fmt::format("an expression of the kind {} is not accepted", kind));
        if (kind == "FUNCTION" || kind == "WINDOW")
            TRY(function(object));
        if (kind == "COLUMN_REF")
            TRY(column(object));
        return members(object);
    }

    Status function(const json::object& object) {
        const std::string name = lower(text_of(object, "function_name"));
        // The grammar writes "main" itself for EXTRACT, [1, 2] and their like.
        const std::string_view schema = text_of(object, "schema");
        if ((!schema.empty() && schema != "main") || !text_of(object, "catalog").empty())
            return refused(
                fmt::format("the function {} is called with a schema; write its name alone", name));
        const FunctionUse use = function_use(name);
        if (use == FunctionUse::kRefused)
            return refused(fmt::format("the function {} is not available here", name));
        if (use == FunctionUse::kQueryOnly && place_ == Place::kCondition)
            return refused(
                fmt::format("the function {} is not allowed in a condition: its value depends on more "
                            "than the row",
                            name));
        return {};
    }

    // In a condition a name must be a column: DuckDB takes current_date, localtimestamp and their like for
    // functions when no column has that name.
    Status column(const json::object& object) {
        if (place_ == Place::kQuery)
            return {};
        const json::array& names = object.at("column_names").as_array();
        const std::string column = lower(names.back().as_string());
        const bool is_qualified_right =
            names.size() == 1 || (names.size() == 2 && lower(names[0].as_string()) == "requests");
        const bool is_column =
            std::any_of(kRequestsColumns.begin(), kRequestsColumns.end(),
                        [&](const ColumnDefinition& known) { return known.name == column; });
        if (!is_qualified_right || !is_column)
            return refused(fmt::format("{} is not a column of requests", column));
        return {};
    }

    Status base_table(const json::object& object) {
        const std::string schema = lower(text_of(object, "schema_name"));
        const std::string name = lower(text_of(object, "table_name"));
        const bool is_bare = schema.empty() && text_of(object, "catalog_name").empty();
        if (is_bare && std::find(visible_.begin(), visible_.end(), name) != visible_.end())
            return members(object);
        const bool is_ours = text_of(object, "catalog_name").empty() && (is_bare || schema == "tallyman");
        const auto sample = std::find(kSampleViews.begin(), kSampleViews.end(), name);
        if (!is_ours || (name != "requests" && sample == kSampleViews.end()))
            return refused(fmt::format("there is no table {}{}{}; there are requests, {}",
                                       text_of(object, "schema_name"), schema.empty() ? "" : ".",
                                       text_of(object, "table_name"), fmt::join(kSampleViews, ", ")));
        if (sample != kSampleViews.end())
            views_.samples.set(static_cast<std::size_t>(sample - kSampleViews.begin()));
        views_.qualified |= !is_bare;
        return members(object);
    }

    Status table_function(const json::object& object) {
        const json::value* call = object.if_contains("function");
        if (call == nullptr || !call->is_object() || text_of(call->get_object(), "class") != "FUNCTION")
            return refused("a call of this form is not accepted behind FROM");
        const json::object& function = call->get_object();
        const std::string name = lower(text_of(function, "function_name"));
        if (!is_allowed_table_function(name) || !text_of(function, "schema").empty() ||
            !text_of(function, "catalog").empty())
            return refused(fmt::format("the function {} is not available behind FROM", name));
        TRY(members(function));
        for (const json::key_value_pair& member : object)
            if (member.key() != "function")
                TRY(value(member.value()));
        return {};
    }

    // The names of a node's WITH list are visible from the next entry of the list on, and in the node itself.
    // A recursive part sees its own name in its second half alone: in the first it would be a table's.
    Status query_node(const json::object& node) {
        const std::size_t outer = visible_.size();
        if (const json::value* list = with_list(node)) {
            for (const json::value& entry : list->as_array())
                TRY(with_entry(entry.as_object()));
        }
        if (const json::value* first_half = node.if_contains("left"))
            TRY(value(*first_half));
        if (text_of(node, "type") == "RECURSIVE_CTE_NODE")
            visible_.push_back(lower(text_of(node, "cte_name")));
        for (const json::key_value_pair& member : node)
            if (member.key() != "cte_map" && member.key() != "left")
                TRY(value(member.value()));
        visible_.resize(outer);
        return {};
    }

    static const json::value* with_list(const json::object& node) {
        const json::value* map = node.if_contains("cte_map");
        return map == nullptr || !map->is_object() ? nullptr : map->get_object().if_contains("map");
    }

    Status with_entry(const json::object& entry) {
        for (const json::key_value_pair& member : entry)
            if (member.key() != "key")
                TRY(value(member.value()));
        visible_.push_back(lower(text_of(entry, "key")));
        return {};
    }

    const Place place_;
    std::vector<std::string> visible_;
    ViewsUsed views_;
};

// The same tree without the places in the text, which differ by nature.
void drop_locations(json::value& node) {
    if (json::array* array = node.if_array()) {
        for (json::value& item : *array)
            drop_locations(item);
    } else if (json::object* object = node.if_object()) {
        object->erase("query_location");
        for (json::key_value_pair& member : *object)
            drop_locations(member.value());
    }
}

// Takes the condition out of `SELECT 1 FROM requests WHERE coalesce(…)`. That it is the call's only argument
// proves that its brackets are its own: `a) OR (b` would stand beside a call, not in one.
Result<json::value> take_condition(json::object& statement) {
    json::object& node = statement.at("node").as_object();
    json::value* place = node.if_contains("where_clause");
    const bool is_call = place != nullptr && place->is_object() &&
                         text_of(place->get_object(), "type") == "OPERATOR_COALESCE" &&
                         place->at("children").as_array().size() == 1;
    if (!is_call)
        return refused("this is not one condition");
    json::value condition = std::move(place->at("children").as_array()[0]);
    *place = nullptr;
    return condition;
}

// Boost.JSON throws where the tree has another shape than DuckDB gives: what is not understood is refused.
template <class Check>
auto on_known_tree(Check check) -> decltype(check()) {
    try {
        return check();
    } catch (const std::exception& error) {
        return Error{ErrorCode::kInternal,
                     std::string("DuckDB's syntax tree is not as expected: ") + error.what()};
    }
}

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Behind blanks and comments at the start of the text.
std::string_view without_leading_blanks(std::string_view text) {
    for (;;) {
        while (!text.empty() && is_space(text.front()))
            text.remove_prefix(1);
        if (text.starts_with("--")) {
            text.remove_prefix(std::min(text.find('\n'), text.size()));
        } else if (text.starts_with("/*") && text.find("*/", 2) != std::string_view::npos) {
            text.remove_prefix(text.find("*/", 2) + 2);
        } else {
            return text;
        }
    }
}

// Takes `word` (upper case) off the start of the text when it stands there as a word of its own.
bool take_word(std::string_view& text, std::string_view word) {
    if (text.size() <= word.size() || lower(text.substr(0, word.size())) != lower(word))
        return false;
    const char next = text[word.size()];
    if (!is_space(next) && next != '/' && next != '-' && next != '(')
        return false;
    text = without_leading_blanks(text.substr(word.size()));
    return true;
}

}  // namespace

Result<SqlText> split_explain(std::string_view sql) {
    if (sql.size() > kSqlSizeMax)
        return refused(fmt::format("the SQL has {} bytes, at most {} are accepted", sql.size(), kSqlSizeMax));
    if (sql.find('\0') != std::string_view::npos)
        return refused("the SQL holds a zero byte");
    std::string_view rest = without_leading_blanks(sql);
    if (rest.empty())
        return refused("the SQL is empty");
    if (!take_word(rest, "EXPLAIN"))
        return SqlText{"", std::string(sql)};
    const bool analyze = take_word(rest, "ANALYZE");
    return SqlText{analyze ? "EXPLAIN ANALYZE " : "EXPLAIN ", std::string(rest)};
}

Result<ViewsUsed> check_statement(std::string_view tree_json) {
    return on_known_tree([&]() -> Result<ViewsUsed> {
        TRY_ASSIGN(const json::object statement, only_statement(tree_json));
        Walk walk(Walk::Place::kQuery);
        TRY(walk.value(statement));
        return walk.views();
    });
}

std::string around_condition(std::string_view condition) {
    // The line end closes a comment at the condition's end.
    return fmt::format("SELECT 1 FROM requests WHERE coalesce(\n{}\n)", condition);
}

Status check_condition_tree(std::string_view tree_json, std::string_view plain_tree_json) {
    return on_known_tree([&]() -> Status {
        TRY_ASSIGN(json::object statement, only_statement(tree_json));
        TRY_ASSIGN(json::object plain, only_statement(plain_tree_json));
        TRY_ASSIGN(const json::value condition, take_condition(statement));
        TRY(take_condition(plain));
        json::value around = std::move(statement);
        json::value expected = std::move(plain);
        drop_locations(around);
        drop_locations(expected);
        if (around != expected)
            return refused("this is not one condition, but more SQL around one");
        return Walk(Walk::Place::kCondition).value(condition);
    });
}

}  // namespace tally::query
