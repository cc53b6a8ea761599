#include "accounts/usage_plans.hpp"

#include "accounts/usage_plans_json.hpp"
#include "api/endpoint.hpp"
#include "api/resources.hpp"

namespace tally::api {
namespace {

constexpr const char* kUsagePlan =
    R"({"type":"object","required":["id","name"],"properties":{"id":{"type":"string"},"name":{"type":"string"},)"
    R"("description":{"type":"string"}}})";

constexpr const char* kNewUsagePlan =
    R"({"type":"object","required":["name"],"additionalProperties":false,"properties":{"name":{"type":"string"},)"
    R"("description":{"type":"string"}}})";

Result<accounts::NewUsagePlan> read_new(const Request& request) {
    return accounts::new_usage_plan_from_json(request.body);
}

}  // namespace

std::vector<Route> usage_plan_routes(accounts::UsagePlans& usage_plans) {
    const auto create = [&usage_plans](const accounts::NewUsagePlan& wanted) {
        return usage_plans.create(wanted);
    };
    const auto list = [&usage_plans](const accounts::PageRequest& page) { return usage_plans.list(page); };
    const auto find = [&usage_plans](const std::string& id) { return usage_plans.find(id); };
    return {
        {"POST",
         "/v1/usage-plans",
         Access::kAdmin,
         Cost::kQuick,
         "Creates a usage plan.",
         {},
         kNewUsagePlan,
         kUsagePlan,
         endpoint(read_new, create, accounts::usage_plan_to_json, 201),
         201},
        {"GET", "/v1/usage-plans", Access::kAdmin, Cost::kQuick, "All usage plans.", page_parameters(), "",
         kListSchema, endpoint(read_page, list, accounts::usage_plans_to_json)},
        {"GET",
         "/v1/usage-plans/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "One usage plan, by id or name.",
         {},
         "",
         kUsagePlan,
         endpoint(read_id, find, accounts::usage_plan_to_json)},
    };
}

}  // namespace tally::api
