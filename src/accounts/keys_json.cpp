#include "accounts/keys_json.hpp"

#include "accounts/json_object.hpp"
#include "accounts/json_time.hpp"
#include "accounts/page_json.hpp"
#include "accounts/usage_limits_json.hpp"
#include "base/json_writer.hpp"

#include <chrono>

namespace tally::accounts {

namespace {

constexpr std::int64_t kOverlapSecondsMax = 366LL * 24 * 3600;

std::string_view status_text(const ApiKey& key) {
    return key.status == KeyStatus::kActive ? "active" : "revoked";
}

void write_fields(JsonWriter& json, const ApiKey& key) {
    json.field("customer_id", key.customer.str()).field("name", key.name);
    json.field_or_null("usage_plan", key.usage_plan);
    json.field("display", key.principal.empty() ? key.prefix + "…" + key.last4 : key.principal);
    json.field_or_null("principal", key.principal);
    json.field("status", status_text(key));
    write_time(json, "created_at", key.created_at);
    write_time(json, "revoked_at", key.revoked_at);
    write_time(json, "expires_at", key.expires_at);
}

JsonWriter& write_quota_state(JsonWriter& json, const std::optional<QuotaState>& quota) {
    if (!quota)
        return json.null();
    json.begin_object().field("limit", quota->limit).field("offset", quota->offset);
    json.field("used", quota->used).field("remaining", quota->remaining);
    json.field("period", quota_period_name(quota->period));
    return write_time(json, "resets_at", quota->resets_at).end_object();
}

std::string key_usage_to_json(const KeyWithLimits& key) {
    JsonWriter json;
    json.begin_object().field("key_id", key.key.id.str()).field("customer_id", key.key.customer.str());
    json.field("name", key.key.name).field("status", status_text(key.key));
    write_quota_state(json.key("quota"), key.limits.quota);
    return json.end_object().take();
}

}  // namespace

std::string key_to_json(const ApiKey& key) {
    JsonWriter json;
    json.begin_object().field("id", key.id.str());
    write_fields(json, key);
    return json.end_object().take();
}

Secret created_key_to_json(const CreatedKey& created) {
    JsonWriter json;
    json.begin_object().field("id", created.key.id.str()).field("key", created.value.reveal());
    write_fields(json, created.key);
    return Secret(json.end_object().take());
}

std::string keys_to_json(const Page<ApiKey>& page) {
    return page_to_json(page, key_to_json);
}

std::string key_with_limits_to_json(const KeyWithLimits& key) {
    JsonWriter json;
    json.begin_object().field("id", key.key.id.str());
    write_fields(json, key.key);
    write_throttle(json.key("throttle"), key.limits.throttle);
    write_quota_state(json.key("quota"), key.limits.quota);
    return json.end_object().take();
}

std::string plan_usage_to_json(const Page<KeyWithLimits>& page) {
    return page_to_json(page, key_usage_to_json);
}

Result<KeyChange> key_change_from_json(std::string_view text) {
    TRY_ASSIGN(JsonObject object, JsonObject::parse(text));
    KeyChange change;
    TRY_ASSIGN(change.name, object.text_or_null("name"));
    TRY_ASSIGN(change.usage_plan, object.text_or_null("usage_plan"));
    TRY(object.finish());
    return change;
}

Result<KeyRequest> key_request_from_json(std::string_view text) {
    TRY_ASSIGN(JsonObject object, JsonObject::parse(text));
    KeyRequest request;
    TRY_ASSIGN(std::optional<std::string> customer, object.text("customer"));
    TRY_ASSIGN(const std::optional<std::string> customer_id, object.text("customer_id"));
    TRY_ASSIGN(const std::optional<std::string> name, object.text("name"));
    TRY_ASSIGN(const std::optional<std::string> usage_plan, object.text("usage_plan"));
    TRY_ASSIGN(request.key.expires_at, object.instant("expires_at"));
    TRY_ASSIGN(std::optional<std::string> value, object.text("value"));
    TRY_ASSIGN(const bool import, object.flag_or("import", false));
    TRY_ASSIGN(request.principal, object.text("principal"));
    TRY(object.finish());
    if (!customer)
        customer = customer_id;
    if (!customer)
        return Error{ErrorCode::kInvalidArgument, "\"customer\" is missing", "/customer"};
    if (value.has_value() != import)
        return Error{
            ErrorCode::kInvalidArgument,
            "\"value\" takes over an existing key and needs \"import\":true beside it (and the other way "
            "round); leave both out to have a key made",
            import ? "/import" : "/value"};
    if (value && request.principal)
        return Error{ErrorCode::kInvalidArgument, "a key is a value or a principal, not both", "/principal"};
    request.key.customer = *customer;
    request.key.name = name.value_or("");
    request.key.usage_plan = usage_plan.value_or("");
    if (value)
        request.value = Secret(std::move(*value));
    return request;
}

Result<std::optional<Microseconds>> rotation_from_json(std::string_view text) {
    TRY_ASSIGN(JsonObject object, JsonObject::parse(text));
    TRY_ASSIGN(const std::optional<std::int64_t> seconds, object.whole("overlap_seconds"));
    TRY(object.finish());
    if (!seconds)
        return std::optional<Microseconds>();
    if (*seconds < 0 || *seconds > kOverlapSecondsMax)
        return Error{ErrorCode::kInvalidArgument, "must be from 0 to 31622400 (366 days)",
                     "/overlap_seconds"};
    return std::optional<Microseconds>(std::chrono::seconds(*seconds));
}

}  // namespace tally::accounts
