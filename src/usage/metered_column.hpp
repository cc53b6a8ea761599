#pragma once

#include "base/result.hpp"
#include "model/meter.hpp"
#include "model/requests_table.hpp"

#include <string>
#include <string_view>

namespace tally::usage {

// How a meter reads a column of `requests`.

// kInvalidArgument names the column and the nearest right one.
Result<ColumnDefinition> find_column(std::string_view name);

bool is_number(ColumnType type);

// A column's value as SQL, in a form that is summed and hashed exactly: whole numbers as they are, seconds
// (which are microseconds divided by a million) as whole microseconds again, times as microseconds, texts as
// they are.
std::string exact_value_sql(const ColumnDefinition& column);

// How many digits behind the point such a whole number has: 6 for seconds, 0 else.
int exact_value_scale(const ColumnDefinition& column);

// Whether this build can compute the aggregation; kUnsupported says so otherwise.
Status check_supported(const Meter& meter);

}  // namespace tally::usage
