#include "accounts/usage_plans.hpp"

#include "accounts/keys_json.hpp"
#include "accounts/usage_plans_json.hpp"
#include "api/endpoint.hpp"
#include "api/resources.hpp"

namespace tally::api {
namespace {

constexpr const char* kUsagePlan =
    R"({"type":"object","required":["id","name","throttle","quota","method_throttles"],"properties":{)"
    R"("id":{"type":"string"},"name":{"type":"string"},"description":{"type":"string"},)"
    R"("throttle":{"type":["object","null"]},"quota":{"type":["object","null"]},)"
    R"("method_throttles":{"type":"array","items":{"type":"object"}}}})";

// What limits are made of; a change names what it changes.
constexpr const char* kLimitFields =
    R"("name":{"type":"string"},"description":{"type":["string","null"]},)"
    R"("throttle":{"type":["object","null"],"additionalProperties":false,"properties":{)"
    R"("rate_limit":{"type":"number","description":"requests a second, at most three decimals"},)"
    R"("burst_limit":{"type":"integer"}}},)"
    R"("quota":{"type":["object","null"],"additionalProperties":false,"properties":{)"
    R"("limit":{"type":"integer"},"period":{"enum":["DAY","WEEK","MONTH"]},"offset":{"type":"integer"}}},)"
    R"("method_throttles":{"type":["array","null"],"maxItems":20,"items":{"type":"object",)"
    R"("required":["method","path","rate_limit","burst_limit"],"additionalProperties":false,"properties":{)"
    R"("method":{"type":"string"},"path":{"type":"string"},"rate_limit":{"type":"number"},)"
    R"("burst_limit":{"type":"integer"}}}})";

std::string new_usage_plan_schema() {
    return std::string(
               R"({"type":"object","required":["name"],"additionalProperties":false,"properties":{)") +
           kLimitFields + "}}";
}

std::string usage_plan_change_schema() {
    return std::string(R"({"type":"object","additionalProperties":false,"properties":{)") + kLimitFields +
           "}}";
}

struct Change {
    std::string id;
    accounts::UsagePlanChange change;
};

struct UsageOf {
    std::string id;
    accounts::PageRequest page;
};

Result<accounts::NewUsagePlan> read_new(const Request& request) {
    return accounts::new_usage_plan_from_json(request.body);
}

Result<Change> read_change(const Request& request) {
    TRY_ASSIGN(auto change, accounts::usage_plan_change_from_json(request.body));
    return Change{request.parameter("id"), std::move(change)};
}

Result<UsageOf> read_usage_of(const Request& request) {
    TRY_ASSIGN(auto page, read_page(request));
    return UsageOf{request.parameter("id"), std::move(page)};
}

}  // namespace

std::vector<Route> usage_plan_routes(accounts::UsagePlans& usage_plans, accounts::Keys& keys) {
    const auto create = [&usage_plans](const accounts::NewUsagePlan& wanted) {
        return usage_plans.create(wanted);
    };
    const auto list = [&usage_plans](const accounts::PageRequest& page) { return usage_plans.list(page); };
    const auto find = [&usage_plans](const std::string& id) { return usage_plans.find(id); };
    const auto update = [&usage_plans](const Change& c) { return usage_plans.update(c.id, c.change); };
    const auto remove = [&usage_plans](const std::string& id) { return usage_plans.remove(id); };
    const auto usage = [&keys](const UsageOf& of) { return keys.list_of_plan(of.id, of.page); };
    return {
        {"POST",
         "/v1/usage-plans",
         Access::kAdmin,
         Cost::kQuick,
         "Creates a usage plan: what each of its keys may do.",
         {},
         new_usage_plan_schema(),
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
        {"PATCH",
         "/v1/usage-plans/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "Changes the fields that are given, also inside of throttle and quota; null removes. The edge obeys "
         "at its next request.",
         {},
         usage_plan_change_schema(),
         kUsagePlan,
         endpoint(read_change, update, accounts::usage_plan_to_json)},
        {"DELETE",
         "/v1/usage-plans/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "Removes a usage plan that no active key is under.",
         {},
         "",
         kUsagePlan,
         endpoint(read_id, remove, accounts::usage_plan_to_json)},
        {"GET", "/v1/usage-plans/{id}/usage", Access::kAdmin, Cost::kQuick,
         "What each key of the plan has used of its quota's running period.", page_parameters(), "",
         kListSchema, endpoint(read_usage_of, usage, accounts::plan_usage_to_json)},
    };
}

}  // namespace tally::api
