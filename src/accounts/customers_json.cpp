#include "accounts/customers_json.hpp"

#include "accounts/json_object.hpp"
#include "accounts/json_time.hpp"
#include "accounts/page_json.hpp"
#include "base/json_writer.hpp"

namespace tally::accounts {

std::string customer_to_json(const Customer& customer) {
    JsonWriter json;
    json.begin_object().field("id", customer.id.str()).field_or_null("external_id", customer.external_id);
    json.field("name", customer.name).field("timezone", customer.timezone);
    write_time(json, "created_at", customer.created_at);
    write_time(json, "updated_at", customer.updated_at).end_object();
    return json.take();
}

std::string customers_to_json(const Page<Customer>& page) {
    return page_to_json(page, customer_to_json);
}

Result<NewCustomer> new_customer_from_json(std::string_view text) {
    TRY_ASSIGN(JsonObject object, JsonObject::parse(text));
    NewCustomer wanted;
    TRY_ASSIGN(wanted.name, object.required_text("name"));
    TRY_ASSIGN(const std::optional<std::string> external_id, object.text("external_id"));
    TRY_ASSIGN(const std::optional<std::string> timezone, object.text("timezone"));
    TRY(object.finish());
    wanted.external_id = external_id.value_or("");
    wanted.timezone = timezone.value_or("UTC");
    return wanted;
}

Result<CustomerChange> customer_change_from_json(std::string_view text) {
    TRY_ASSIGN(JsonObject object, JsonObject::parse(text));
    CustomerChange change;
    TRY_ASSIGN(change.name, object.text("name"));
    TRY_ASSIGN(change.external_id, object.text_or_null("external_id"));
    TRY_ASSIGN(change.timezone, object.text("timezone"));
    TRY(object.finish());
    return change;
}

}  // namespace tally::accounts
