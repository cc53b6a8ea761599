#pragma once

#include "accounts/usage_plans.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace tally::accounts {

// {"id","name","description","created_at"}
std::string usage_plan_to_json(const UsagePlan& plan);
std::string usage_plans_to_json(const Page<UsagePlan>& page);
// {"name","description"?}
Result<NewUsagePlan> new_usage_plan_from_json(std::string_view text);

}  // namespace tally::accounts
