#include "accounts/usage_plans_json.hpp"

#include "accounts/json_object.hpp"
#include "accounts/json_time.hpp"
#include "accounts/page_json.hpp"
#include "accounts/usage_limits_json.hpp"
#include "base/json_writer.hpp"

namespace tally::accounts {

std::string usage_plan_to_json(const UsagePlan& plan) {
    JsonWriter json;
    json.begin_object().field("id", plan.id.str()).field("name", plan.name);
    json.field("description", plan.description);
    write_limits(json, plan.limits);
    write_time(json, "created_at", plan.created_at);
    return write_time(json, "updated_at", plan.updated_at).end_object().take();
}

std::string usage_plans_to_json(const Page<UsagePlan>& page) {
    return page_to_json(page, usage_plan_to_json);
}

Result<NewUsagePlan> new_usage_plan_from_json(std::string_view text) {
    TRY_ASSIGN(JsonObject object, JsonObject::parse(text));
    NewUsagePlan wanted;
    TRY_ASSIGN(wanted.name, object.required_text("name"));
    TRY_ASSIGN(const std::optional<std::string> description, object.text("description"));
    TRY_ASSIGN(const LimitsChange limits, read_limits_change(object));
    TRY(object.finish());
    wanted.description = description.value_or("");
    TRY_ASSIGN(wanted.limits, changed_limits({}, limits));
    return wanted;
}

Result<UsagePlanChange> usage_plan_change_from_json(std::string_view text) {
    TRY_ASSIGN(JsonObject object, JsonObject::parse(text));
    UsagePlanChange change;
    TRY_ASSIGN(change.name, object.text("name"));
    TRY_ASSIGN(change.description, object.text_or_null("description"));
    TRY_ASSIGN(change.limits, read_limits_change(object));
    TRY(object.finish());
    return change;
}

}  // namespace tally::accounts
