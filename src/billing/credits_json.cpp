#include "billing/credits_json.hpp"

#include "accounts/json_object.hpp"
#include "accounts/json_time.hpp"
#include "accounts/page_json.hpp"
#include "base/json_writer.hpp"
#include "rating/currency.hpp"

#include <utility>

namespace tally::billing {

namespace {

std::string_view state_name(const CreditBalance& balance) {
    if (balance.account.ended_at)
        return "ended";
    return balance.open() ? "open" : "stopped";
}

// With all the digits of the currency, also where there are no cents.
std::string money(const Decimal& amount, const std::string& currency) {
    const Result<std::int32_t> digits = rating::currency_digits(currency);
    return digits.ok() && amount.scale() < *digits ? amount.rounded(*digits, RoundingMode::kDown).str()
                                                   : amount.str();
}

Result<std::string> read_customer(accounts::JsonObject& object) {
    TRY_ASSIGN(std::optional<std::string> customer, object.text("customer"));
    TRY_ASSIGN(const std::optional<std::string> customer_id, object.text("customer_id"));
    if (!customer)
        customer = customer_id;
    if (!customer)
        return Error{ErrorCode::kInvalidArgument, "\"customer_id\" is missing", "/customer_id"};
    return std::move(*customer);
}

}  // namespace

std::string grant_to_json(const CreditGrant& grant) {
    JsonWriter json;
    json.begin_object().field("id", grant.id.str()).field("customer_id", grant.customer.str());
    json.field("amount", grant.amount.str()).field("currency", grant.currency);
    json.field("description", grant.description);
    json.field("status", grant.voided_at ? "void" : "granted");
    accounts::write_time(json, "created_at", grant.created_at);
    accounts::write_time(json, "voided_at", grant.voided_at);
    json.field_or_null("void_reason", grant.void_reason).end_object();
    return json.take();
}

std::string grants_to_json(const accounts::Page<CreditGrant>& page) {
    return accounts::page_to_json(page, grant_to_json);
}

std::string balance_to_json(const CreditBalance& balance) {
    JsonWriter json;
    json.begin_object().field("customer_id", balance.account.customer.str());
    const std::string& currency = balance.account.currency;
    json.field("currency", currency).field("granted", money(balance.granted, currency));
    json.field("spent", money(balance.spent, currency));
    json.field("balance", money(balance.balance(), currency)).field("state", state_name(balance));
    json.field("unpriced", balance.unpriced);
    accounts::write_time(json, "since", balance.account.since);
    accounts::write_time(json, "ended_at", balance.account.ended_at);
    json.key("allowance").begin_object();
    json.field("granted", static_cast<std::int64_t>(balance.allowance_granted));
    json.field("used", static_cast<std::int64_t>(balance.allowance_used)).end_object().end_object();
    return json.take();
}

Result<NewGrant> new_grant_from_json(std::string_view text) {
    TRY_ASSIGN(accounts::JsonObject object, accounts::JsonObject::parse(text));
    NewGrant wanted;
    TRY_ASSIGN(wanted.customer, read_customer(object));
    TRY_ASSIGN(wanted.amount, object.required_text("amount"));
    TRY_ASSIGN(wanted.currency, object.required_text("currency"));
    TRY_ASSIGN(const std::optional<std::string> description, object.text("description"));
    TRY(object.finish());
    wanted.description = description.value_or("");
    return wanted;
}

Result<std::string> grant_void_from_json(std::string_view text) {
    TRY_ASSIGN(accounts::JsonObject object, accounts::JsonObject::parse(text));
    TRY_ASSIGN(std::string reason, object.required_text("reason"));
    TRY(object.finish());
    return reason;
}

Result<std::string> credit_end_from_json(std::string_view text) {
    TRY_ASSIGN(accounts::JsonObject object, accounts::JsonObject::parse(text));
    TRY_ASSIGN(std::string customer, read_customer(object));
    TRY(object.finish());
    return customer;
}

}  // namespace tally::billing
