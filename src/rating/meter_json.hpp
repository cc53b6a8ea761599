#pragma once

#include "base/result.hpp"
#include "rating/fields.hpp"
#include "rating/meter_rule.hpp"

#include <string>
#include <vector>

namespace tally::rating {

// "meters": a list of meter definitions in their public shape. What only the reading of records needs
// (source, value, filter, group_by) is checked for its type and otherwise left alone: events given to rating
// are filtered.
Result<std::vector<MeterRule>> read_meters(Fields& fields);

// A length of time such as "5m": a whole number and ms, s, m, h or d.
Result<Microseconds> parse_duration(std::string_view text);

}  // namespace tally::rating
