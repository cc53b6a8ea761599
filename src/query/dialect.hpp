#pragma once

#include <string>
#include <string_view>

namespace tally::query {

// Functions of Athena and Trino that DuckDB lacks or does otherwise, as SQL macros. Returns the statements
// that create those whose names occur in `sql` (a name in a comment does no harm); empty when there are none.
std::string macros_for(std::string_view sql);

}  // namespace tally::query
