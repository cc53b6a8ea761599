#pragma once

#include "accounts/usage_plans.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace tally::accounts {

// {"id","name","description", the members of usage_limits_json.hpp,"created_at","updated_at"}
std::string usage_plan_to_json(const UsagePlan& plan);
std::string usage_plans_to_json(const Page<UsagePlan>& page);
// {"name","description"?,"throttle"?,"quota"?,"method_throttles"?}
Result<NewUsagePlan> new_usage_plan_from_json(std::string_view text);
// The same, each optional: what is named changes, also inside of throttle and quota; null removes.
Result<UsagePlanChange> usage_plan_change_from_json(std::string_view text);

}  // namespace tally::accounts
