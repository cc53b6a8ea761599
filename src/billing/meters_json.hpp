#pragma once

#include "accounts/page.hpp"
#include "base/result.hpp"
#include "billing/meters.hpp"

#include <string>
#include <string_view>

namespace tally::billing {

// {"id","code","version","source","aggregation","value","scale","filter","group_by","built_in","created_at",
// "archived_at"}
std::string meter_to_json(const StoredMeter& meter);
std::string meters_to_json(const accounts::Page<StoredMeter>& page);
// {"code","source"?,"aggregation","value"?,"scale"?,"filter"?,"group_by"?}; unknown fields are
// kInvalidArgument with a JSON pointer.
Result<Meter> meter_from_json(std::string_view text);

}  // namespace tally::billing
