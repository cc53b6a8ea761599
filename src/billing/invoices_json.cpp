#include "billing/invoices_json.hpp"

#include "accounts/json_object.hpp"
#include "accounts/json_time.hpp"
#include "accounts/page_json.hpp"
#include "billing/invoice_document.hpp"

namespace tally::billing {

namespace {

void write_proved_line(JsonWriter& json, const ProvedLine& line) {
    json.begin_object().field("charge", line.charge);
    if (line.group)
        write_group(json, *line.group);
    write_snapshot(json, line.snapshot);
    json.field("rows", line.rows).field("quantity", line.quantity.normalized_str());
    json.field("amount", line.amount.str()).field("digest", line.digest).field("proved", line.proved);
    if (!line.proved)
        json.field("difference", line.difference);
    json.end_object();
}

// "customer", or "customer_id" as resources name it.
Result<std::string> read_customer(accounts::JsonObject& object) {
    TRY_ASSIGN(const std::optional<std::string> customer, object.text("customer"));
    TRY_ASSIGN(const std::optional<std::string> customer_id, object.text("customer_id"));
    return customer ? *customer : customer_id.value_or("");
}

Result<PeriodChoice> read_choice(accounts::JsonObject& object) {
    PeriodChoice choice;
    TRY_ASSIGN(choice.month, object.text("month"));
    TRY_ASSIGN(choice.as_of, object.text("as_of"));
    if (choice.month && choice.as_of)
        return Error{ErrorCode::kInvalidArgument, "give a month or as_of, not both", "/as_of"};
    return choice;
}

}  // namespace

std::string invoice_to_json(const Invoice& invoice) {
    JsonWriter json;
    json.begin_object().field_or_null("id", invoice.id.str()).field_or_null("number", invoice.number);
    json.field("status", invoice_status_name(invoice.status)).field("customer_id", invoice.customer.str());
    json.field("subscription_id", invoice.subscription.str()).field("plan", invoice.plan);
    json.field("plan_version", std::int64_t{invoice.plan_version}).field("currency", invoice.currency);
    json.field("timezone", invoice.timezone).key("period").begin_object();
    json.field("from", format_rfc3339(invoice.period.from)).field("to", format_rfc3339(invoice.period.to));
    json.end_object();
    write_snapshot(json, invoice.snapshot);
    write_invoice_content(json, invoice);
    json.field_or_null("hash", invoice.hash).field_or_null("previous_hash", invoice.previous_hash);
    accounts::write_time(json, "created_at", invoice.created_at);
    accounts::write_time(json, "finalized_at", invoice.finalized_at);
    accounts::write_time(json, "voided_at", invoice.voided_at);
    return json.field_or_null("void_reason", invoice.void_reason).end_object().take();
}

std::string invoices_page_to_json(const accounts::Page<Invoice>& page) {
    return accounts::page_to_json(page, invoice_to_json);
}

std::string invoices_to_json(const std::vector<Invoice>& invoices) {
    JsonWriter json;
    json.begin_object().key("invoices").begin_array();
    for (const Invoice& invoice : invoices)
        json.raw(invoice_to_json(invoice));
    return json.end_array().end_object().take();
}

std::string proof_to_json(const Proof& proof) {
    JsonWriter json;
    json.begin_object().field("id", proof.id.str()).field_or_null("number", proof.number);
    json.key("lines").begin_array();
    for (const ProvedLine& line : proof.lines)
        write_proved_line(json, line);
    json.end_array().key("differences").begin_array();
    for (const std::string& difference : proof.differences)
        json.string(difference);
    return json.end_array().field("proved", proof.proved).end_object().take();
}

Result<RunOptions> run_options_from_json(std::string_view text) {
    TRY_ASSIGN(accounts::JsonObject object, accounts::JsonObject::parse(text));
    RunOptions options;
    TRY_ASSIGN(options.periods, read_choice(object));
    TRY_ASSIGN(options.customer, read_customer(object));
    TRY_ASSIGN(options.draft, object.flag_or("draft", false));
    TRY_ASSIGN(options.reissue, object.flag_or("reissue", false));
    TRY(object.finish());
    if (!options.periods.month && !options.periods.as_of)
        return Error{ErrorCode::kInvalidArgument,
                     "say which periods: \"month\":\"2026-10\", or \"as_of\" with an instant or a date",
                     "/month"};
    return options;
}

Result<PreviewOptions> preview_options_from_json(std::string_view text) {
    TRY_ASSIGN(accounts::JsonObject object, accounts::JsonObject::parse(text));
    PreviewOptions options;
    TRY_ASSIGN(options.periods, read_choice(object));
    TRY_ASSIGN(options.customer, read_customer(object));
    TRY(object.finish());
    return options;
}

Result<std::string> void_reason_from_json(std::string_view text) {
    TRY_ASSIGN(accounts::JsonObject object, accounts::JsonObject::parse(text));
    TRY_ASSIGN(const std::optional<std::string> reason, object.text("reason"));
    TRY(object.finish());
    return reason.value_or("");
}

}  // namespace tally::billing
