#pragma once

#include "base/result.hpp"
#include "model/meter.hpp"
#include "model/requests_table.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tally::usage {

// What a meter's names stand for: a column of `requests`, or as dimensions.<name> a response header.
struct MeteredColumn {
    ColumnDefinition column;
    std::optional<std::string> dimension;
};

// kInvalidArgument names the column and the nearest right one.
Result<MeteredColumn> find_column(std::string_view name);

// Whether the values are numbers, or may be: a dimension's are texts that the upstream sent.
bool may_be_number(const MeteredColumn& column);

// The value as SQL text, as groups show it; null where there is none.
std::string text_sql(const MeteredColumn& column);

// The value as SQL, in a form that is summed and hashed exactly: whole numbers as they are, seconds (which
// are microseconds divided by a million) as whole microseconds again, times as microseconds, texts as they
// are. A dimension's number is given as whole billionths, and null where the text is no decimal number of up
// to 18 digits, with up to 9 behind the point.
std::string exact_number_sql(const MeteredColumn& column);
std::string exact_text_sql(const MeteredColumn& column);

// How many digits behind the point such a whole number has: 6 for seconds, 9 for dimensions, 0 else.
int exact_number_scale(const MeteredColumn& column);

// Whether this build can compute the aggregation; kUnsupported says so otherwise.
Status check_supported(const Meter& meter);

}  // namespace tally::usage
