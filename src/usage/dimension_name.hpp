#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tally::usage {

// "x-model" of "dimensions.x-model"; nullopt for names of another form.
std::optional<std::string> dimension_of(std::string_view name);

// The dimension's text in a row of `requests`, as SQL; null where the answer had no such header.
std::string dimension_sql(std::string_view dimension);

// A condition as a meter's filter has it, with each dimensions.x-model (or dimensions."x-model") as SQL. A
// name reaches as far as letters, digits, '-' and '_' do; texts, quoted names and comments stay as they are.
std::string with_dimensions(std::string_view condition);

}  // namespace tally::usage
