#include "usage/filled_sql.hpp"

namespace tally::usage {

std::string fill_sql(std::string_view sql_template, const SqlTexts& texts) {
    std::string sql;
    while (!sql_template.empty()) {
        const std::size_t open = sql_template.find('{');
        sql += sql_template.substr(0, open);
        if (open == std::string_view::npos)
            break;
        sql_template.remove_prefix(open);
        const std::size_t close = sql_template.find('}');
        const std::string_view name = sql_template.substr(1, close - 1);
        const auto found = texts.find(name);
        sql += found == texts.end() ? sql_template.substr(0, close + 1) : std::string_view(found->second);
        sql_template.remove_prefix(close + 1);
    }
    return sql;
}

}  // namespace tally::usage
