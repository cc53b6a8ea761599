#include "billing/invoice_document.hpp"

#include "accounts/sha256.hpp"
#include "base/time_text.hpp"
#include "rating/currency.hpp"

namespace tally::billing {

namespace {

// At least the currency's digits, so that ten dollars are "10.00" also where more digits were possible.
std::string exact_amount(const Decimal& amount, std::int32_t digits) {
    const Result<Decimal> shortest = Decimal::parse(amount.normalized_str());
    if (!shortest.ok() || shortest->scale() >= digits)
        return amount.normalized_str();
    return shortest->rounded(digits, RoundingMode::kHalfUp).str();
}

void write_step(JsonWriter& json, const rating::Step& step, std::int32_t digits) {
    json.begin_object();
    if (step.tier != 0)
        json.field("tier", std::int64_t{step.tier});
    if (step.price != 0)
        json.field("price", std::int64_t{step.price});
    json.field("quantity", step.quantity.normalized_str());
    if (step.unit)
        json.field("unit", step.unit->str());
    if (!step.flat.is_zero())
        json.field("flat", step.flat.str());
    json.field("amount", exact_amount(step.amount, digits)).end_object();
}

void write_line(JsonWriter& json, const InvoiceLine& line, std::int32_t digits) {
    json.begin_object().field("charge", line.charge).field("description", line.description);
    if (line.group)
        write_group(json, *line.group);
    json.field_or_null("meter", line.meter);
    if (line.meter.empty())
        json.key("meter_version").null();
    else
        json.field("meter_version", std::int64_t{line.meter_version});
    json.field("plan", line.plan).field("plan_version", std::int64_t{line.plan_version});
    write_snapshot(json, line.snapshot);
    json.field("rows", line.rows);
    if (line.skipped != 0)
        json.field("skipped", line.skipped);
    json.field("metered", line.metered.normalized_str());
    json.field("quantity", line.quantity.normalized_str()).field("amount", line.amount.str());
    if (!line.prorated.empty())
        json.field("prorated", line.prorated);
    json.field("digest", line.digest).key("steps").begin_array();
    for (const rating::Step& step : line.steps)
        write_step(json, step, digits);
    json.end_array().end_object();
}

void write_period(JsonWriter& json, std::string_view name, const rating::Period& period) {
    json.key(name).begin_object();
    json.field("from", format_rfc3339(period.from)).field("to", format_rfc3339(period.to)).end_object();
}

// The members that canonical and kept form have in common.
void write_members(JsonWriter& json, const Invoice& invoice) {
    json.field("format", "tallyman-invoice-1");
    json.field("id", invoice.id.str()).field("number", invoice.number);
    json.field("previous_hash", invoice.previous_hash);
    json.field("customer_id", invoice.customer.str()).field("subscription_id", invoice.subscription.str());
    json.field("plan", invoice.plan).field("plan_version", std::int64_t{invoice.plan_version});
    json.field("currency", invoice.currency).field("timezone", invoice.timezone);
    write_period(json, "period", invoice.period);
    write_period(json, "active", invoice.active);
    write_snapshot(json, invoice.snapshot);
    json.field("pinned_at", format_rfc3339(invoice.pinned_at)).key("meters").begin_object();
    for (const auto& [code, version] : invoice.meter_versions)
        json.field(code, std::int64_t{version});
    json.end_object();
    json.field("finalized_at", invoice.finalized_at ? format_rfc3339(*invoice.finalized_at) : "");
    write_invoice_content(json, invoice);
}

}  // namespace

void write_group(JsonWriter& json, const rating::Dimensions& group) {
    json.key("group").begin_object();
    for (const auto& [name, value] : group)
        json.field(name, value);
    json.end_object();
}

void write_snapshot(JsonWriter& json, const std::optional<SnapshotId>& snapshot) {
    json.key("snapshot_id");
    if (snapshot)
        json.string(std::to_string(snapshot->value()));
    else
        json.null();
}

void write_invoice_content(JsonWriter& json, const Invoice& invoice) {
    const std::int32_t digits = rating::currency_digits(invoice.currency).value_or(2);
    json.key("lines").begin_array();
    for (const InvoiceLine& line : invoice.lines)
        write_line(json, line, digits);
    json.end_array();
    const InvoiceTotals& totals = invoice.totals;
    json.field("subtotal", totals.subtotal.str()).field("discounts", totals.discounts.str());
    json.field("minimum_adjustment", totals.minimum_adjustment.str()).field("tax", totals.tax.str());
    json.field("credits", totals.credits.str()).field("total", totals.total.str());
}

std::string canonical_invoice_json(const Invoice& invoice) {
    JsonWriter json;
    json.begin_object();
    write_members(json, invoice);
    return json.end_object().take();
}

std::string invoice_hash(const Invoice& invoice) {
    return accounts::sha256_hex(canonical_invoice_json(invoice));
}

std::string invoice_to_document(const Invoice& invoice) {
    JsonWriter json;
    json.begin_object();
    write_members(json, invoice);
    json.field("status", invoice_status_name(invoice.status));
    json.field("stage", invoice.stage == InvoiceStage::kPinned ? "pinned" : "rated");
    json.field("keep_draft", invoice.keep_draft).field("revision", invoice.revision);
    json.field("sequence", invoice.sequence).field("hash", invoice.hash);
    json.field("created_at", format_rfc3339(invoice.created_at));
    json.field("voided_at", invoice.voided_at ? format_rfc3339(*invoice.voided_at) : "");
    return json.field("void_reason", invoice.void_reason).end_object().take();
}

}  // namespace tally::billing
