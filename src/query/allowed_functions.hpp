#pragma once

#include <cstdint>
#include <string_view>

namespace tally::query {

// Functions that SQL from outside may call. A list of what is allowed, because DuckDB grows functions that
// read files, settings and the state of the process with every version. Left out with intent: whatever makes
// large values out of small ones in one step (repeat, range as a value, list_transform, printf with a
// width): such a call cannot be interrupted. Operators are functions too ("+", "~~" is LIKE).

enum class FunctionUse : std::uint8_t {
    kRefused,
    kAnywhere,   // the same arguments give the same value for ever: allowed in a meter's filter
    kQueryOnly,  // depends on the time, the run, other rows, or DuckDB's version
};

// `name` in lower case.
FunctionUse function_use(std::string_view name);

// What may stand behind FROM as a function: range, generate_series, unnest.
bool is_allowed_table_function(std::string_view name);

}  // namespace tally::query
