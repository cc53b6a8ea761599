#include "billing/subscriptions_json.hpp"

#include "accounts/json_object.hpp"
#include "accounts/json_time.hpp"
#include "accounts/page_json.hpp"

namespace tally::billing {

std::string subscription_to_json(const Subscription& subscription) {
    JsonWriter json;
    json.begin_object().field("id", subscription.id.str()).field("customer_id", subscription.customer.str());
    json.field("plan", subscription.plan_code).field("version", std::int64_t{subscription.plan_version});
    accounts::write_time(json, "from", subscription.from);
    accounts::write_time(json, "to", subscription.to);
    json.field("status", subscription.status == SubscriptionStatus::kActive ? "active" : "canceled");
    accounts::write_time(json, "created_at", subscription.created_at);
    accounts::write_time(json, "canceled_at", subscription.canceled_at).end_object();
    return json.take();
}

std::string subscriptions_to_json(const accounts::Page<Subscription>& page) {
    return accounts::page_to_json(page, subscription_to_json);
}

Result<NewSubscription> new_subscription_from_json(std::string_view text) {
    TRY_ASSIGN(accounts::JsonObject object, accounts::JsonObject::parse(text));
    NewSubscription wanted;
    TRY_ASSIGN(const std::optional<std::string> customer, object.text("customer"));
    TRY_ASSIGN(const std::optional<std::string> customer_id, object.text("customer_id"));
    TRY_ASSIGN(wanted.plan, object.required_text("plan"));
    TRY_ASSIGN(const std::optional<std::string> from, object.text("from"));
    TRY_ASSIGN(const std::optional<std::string> to, object.text("to"));
    TRY(object.finish());
    if (!customer && !customer_id)
        return Error{ErrorCode::kInvalidArgument, "\"customer\" is missing", "/customer"};
    wanted.customer = customer ? *customer : *customer_id;
    wanted.from = from.value_or("");
    wanted.to = to.value_or("");
    return wanted;
}

Result<std::string> cancellation_from_json(std::string_view text) {
    TRY_ASSIGN(accounts::JsonObject object, accounts::JsonObject::parse(text));
    TRY_ASSIGN(const std::optional<std::string> at, object.text("at"));
    TRY(object.finish());
    return at.value_or("");
}

}  // namespace tally::billing
