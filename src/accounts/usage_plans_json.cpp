#include "accounts/usage_plans_json.hpp"

#include "accounts/json_object.hpp"
#include "accounts/json_time.hpp"
#include "accounts/page_json.hpp"
#include "base/json_writer.hpp"

namespace tally::accounts {

std::string usage_plan_to_json(const UsagePlan& plan) {
    JsonWriter json;
    json.begin_object().field("id", plan.id.str()).field("name", plan.name);
    json.field("description", plan.description);
    write_time(json, "created_at", plan.created_at).end_object();
    return json.take();
}

std::string usage_plans_to_json(const Page<UsagePlan>& page) {
    return page_to_json(page, usage_plan_to_json);
}

Result<NewUsagePlan> new_usage_plan_from_json(std::string_view text) {
    TRY_ASSIGN(JsonObject object, JsonObject::parse(text));
    NewUsagePlan wanted;
    TRY_ASSIGN(wanted.name, object.required_text("name"));
    TRY_ASSIGN(const std::optional<std::string> description, object.text("description"));
    TRY(object.finish());
    wanted.description = description.value_or("");
    return wanted;
}

}  // namespace tally::accounts
