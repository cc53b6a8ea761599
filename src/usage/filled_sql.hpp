#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tally::usage {

using SqlTexts = std::map<std::string, std::string, std::less<>>;

// The template with texts in the places of their names in braces; other braces stay. Texts are not searched
// again.
std::string fill_sql(std::string_view sql_template, const SqlTexts& texts);

}  // namespace tally::usage
