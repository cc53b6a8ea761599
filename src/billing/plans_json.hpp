#pragma once

#include "accounts/page.hpp"
#include "base/result.hpp"
#include "billing/plans.hpp"

#include <string>
#include <vector>

// A plan comes in as the plan's own document (docs/formats/plan.md), so there is no from_json here.
namespace tally::billing {

// {"id","code","version","status","name","currency","digest","created_at","published_at","archived_at","plan":{…}}
std::string plan_to_json(const PlanVersion& plan);
std::string plans_to_json(const accounts::Page<PlanVersion>& page);
// {"valid":true,"code","name","currency","charges":n}
std::string valid_plan_to_json(const rating::Plan& plan);
// {"differences":[{"pointer","before","after"}]}; an absent side is null
std::string plan_differences_to_json(const std::vector<PlanDifference>& differences);

}  // namespace tally::billing
