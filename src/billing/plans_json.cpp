#include "billing/plans_json.hpp"

#include "accounts/json_time.hpp"
#include "accounts/page_json.hpp"

namespace tally::billing {

std::string plan_to_json(const PlanVersion& plan) {
    JsonWriter json;
    json.begin_object().field("id", plan.id.str()).field("code", plan.code);
    json.field("version", std::int64_t{plan.version}).field("status", plan_status_name(plan.status));
    json.field("name", plan.name).field("currency", plan.currency).field("digest", plan.digest);
    accounts::write_time(json, "created_at", plan.created_at);
    accounts::write_time(json, "published_at", plan.published_at);
    accounts::write_time(json, "archived_at", plan.archived_at);
    return json.key("plan").raw(plan.document).end_object().take();
}

std::string plans_to_json(const accounts::Page<PlanVersion>& page) {
    return accounts::page_to_json(page, plan_to_json);
}

std::string valid_plan_to_json(const rating::Plan& plan) {
    JsonWriter json;
    json.begin_object().field("valid", true).field("code", plan.code).field("name", plan.name);
    json.field("currency", plan.currency).field("charges", static_cast<std::int64_t>(plan.charges.size()));
    return json.end_object().take();
}

std::string plan_differences_to_json(const std::vector<PlanDifference>& differences) {
    JsonWriter json;
    json.begin_object().key("differences").begin_array();
    for (const PlanDifference& difference : differences) {
        json.begin_object().field("pointer", difference.pointer);
        json.key("before").raw(difference.before.value_or("null"));
        json.key("after").raw(difference.after.value_or("null")).end_object();
    }
    return json.end_array().end_object().take();
}

}  // namespace tally::billing
