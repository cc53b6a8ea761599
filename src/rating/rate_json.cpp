#include "rating/document.hpp"
#include "rating/fields.hpp"
#include "rating/line_document.hpp"
#include "rating/meter_json.hpp"
#include "rating/plan_json.hpp"
#include "rating/rate.hpp"
#include "rating/schedule_fields.hpp"

#include <fmt/format.h>

// `tallyman rate`: a document to Plan and RateInput, a RatedInvoice to a document.
namespace tally::rating {
namespace {

// Applies `read` to each item of a list.
template <class Item, class Read>
Result<std::vector<Item>> read_list(Fields& fields, std::string_view name, Read read) {
    TRY_ASSIGN(const auto* documents, fields.list(name));
    std::vector<Item> items;
    for (std::size_t i = 0; i < documents->size(); ++i) {
        TRY_ASSIGN(Fields item_fields,
                   Fields::open((*documents)[i], pointer_into(fields.pointer_to(name), i)));
        TRY_ASSIGN(Item item, read(item_fields));
        TRY(item_fields.finish());
        items.push_back(std::move(item));
    }
    return items;
}

// A dimension's or an event's value: a text, or a number or flag as it is written.
Result<std::string> read_scalar(const Document& value, const std::string& pointer) {
    if (value.kind() == Document::Kind::kList || value.kind() == Document::Kind::kObject) {
        return Error{ErrorCode::kInvalidArgument, fmt::format("expected a text, found {}", value.kind_name()),
                     pointer};
    }
    return value.str();
}

Result<Dimensions> read_dimensions(Fields& fields) {
    Dimensions dimensions;
    const Document* document = fields.take("dimensions");
    if (document == nullptr)
        return dimensions;
    const std::string pointer = fields.pointer_to("dimensions");
    TRY(Fields::open(*document, pointer));
    for (const auto& member : document->members()) {
        TRY_ASSIGN(std::string value, read_scalar(member.value, pointer_into(pointer, member.name)));
        dimensions.emplace(member.name, std::move(value));
    }
    return dimensions;
}

Result<UsageQuantity> read_usage(Fields& fields) {
    UsageQuantity usage;
    TRY_ASSIGN(usage.meter, fields.text("meter"));
    TRY_ASSIGN(usage.quantity, fields.decimal("quantity"));
    TRY_ASSIGN(usage.dimensions, read_dimensions(fields));
    return usage;
}

Result<UsageEvent> read_event(Fields& fields, const TimeZone& zone) {
    UsageEvent event;
    TRY_ASSIGN(event.meter, fields.text("meter"));
    TRY_ASSIGN(event.time, fields.instant("time", zone));
    if (const Document* value = fields.take("value")) {
        TRY_ASSIGN(event.value, read_scalar(*value, fields.pointer_to("value")));
    }
    TRY_ASSIGN(event.id, fields.text_or("id", ""));
    TRY_ASSIGN(event.dimensions, read_dimensions(fields));
    return event;
}

Result<Credit> read_credit(Fields& fields, const TimeZone& zone) {
    Credit credit;
    TRY_ASSIGN(credit.code, fields.text("code"));
    TRY_ASSIGN(credit.amount, fields.decimal("amount", kNotNegative));
    TRY_ASSIGN(credit.priority, fields.integer_or("priority", 0));
    TRY_ASSIGN(credit.expires, fields.optional_instant("expires", zone));
    return credit;
}

Result<Coupon> read_coupon(Fields& fields) {
    Coupon coupon;
    TRY_ASSIGN(coupon.code, fields.text("code"));
    TRY_ASSIGN(coupon.rate, fields.optional_decimal("rate", kShare));
    TRY_ASSIGN(coupon.amount, fields.optional_decimal("amount", kNotNegative));
    TRY_ASSIGN(coupon.charges, fields.texts("charges"));
    return coupon;
}

Status read_active(Fields& fields, const TimeZone& zone, RateInput& input) {
    const Document* document = fields.take("active");
    if (document == nullptr)
        return {};
    TRY_ASSIGN(Fields active, Fields::open(*document, fields.pointer_to("active")));
    TRY_ASSIGN(input.active_from, active.optional_instant("from", zone));
    TRY_ASSIGN(input.active_to, active.optional_instant("to", zone));
    return active.finish();
}

Status read_period_of(Fields& fields, const TimeZone& zone, RateInput& input) {
    TRY_ASSIGN(const Document* document, fields.require("period"));
    TRY_ASSIGN(Fields period, Fields::open(*document, fields.pointer_to("period")));
    TRY_ASSIGN(input.period, read_period(period, zone));
    return period.finish();
}

Result<RateInput> read_input(Fields& fields, const TimeZone& zone) {
    RateInput input;
    TRY(read_period_of(fields, zone, input));
    TRY(read_active(fields, zone, input));
    TRY_ASSIGN(input.usage, read_list<UsageQuantity>(fields, "usage", read_usage));
    TRY_ASSIGN(input.events, read_list<UsageEvent>(fields, "events",
                                                   [&](Fields& event) { return read_event(event, zone); }));
    TRY_ASSIGN(input.meters, read_meters(fields));
    TRY_ASSIGN(input.credits, read_list<Credit>(fields, "credits",
                                                [&](Fields& credit) { return read_credit(credit, zone); }));
    TRY_ASSIGN(input.coupons, read_list<Coupon>(fields, "coupons", read_coupon));
    TRY(fields.finish());
    return input;
}

Document amount_text(const Decimal& amount) {
    return Document::text(amount.str());
}

// Exact, without the zeros that say nothing, but with the currency's digits.
Document exact_amount(const Decimal& amount, std::int32_t digits) {
    const auto exact = Decimal::parse(amount.normalized_str());
    if (!exact)
        return amount_text(amount);
    return amount_text(exact->scale() < digits ? exact->rounded(digits, RoundingMode::kHalfUp) : *exact);
}

Document step_document(const Step& step, std::int32_t digits) {
    Document document = Document::object();
    if (step.price != 0)
        document.set("price", Document::number(std::to_string(step.price)));
    if (step.tier != 0)
        document.set("tier", Document::number(std::to_string(step.tier)));
    document.set("quantity", Document::text(step.quantity.normalized_str()));
    if (step.unit)
        document.set("unit", amount_text(*step.unit));
    if (!step.flat.is_zero())
        document.set("flat", amount_text(step.flat));
    document.set("amount", exact_amount(step.amount, digits));
    return document;
}

Document line_document(const RatedLine& line, std::int32_t digits) {
    Document steps = Document::list();
    for (const Step& step : line.steps)
        steps.push(step_document(step, digits));
    Document document = Document::object();
    document.set("charge", Document::text(line.charge))
        .set("quantity", Document::text(line.quantity.normalized_str()))
        .set("amount", amount_text(line.amount))
        .set("steps", std::move(steps));
    if (line.group) {
        Document group = Document::object();
        for (const auto& [name, value] : *line.group)
            group.set(name, Document::text(value));
        document.set("group", std::move(group));
    }
    if (!line.prorated.empty())
        document.set("prorated", Document::text(line.prorated));
    return document;
}

Document credit_uses_document(const std::vector<CreditUse>& uses) {
    Document list = Document::list();
    for (const CreditUse& use : uses) {
        list.push(Document::object()
                      .set("code", Document::text(use.code))
                      .set("used", amount_text(use.used))
                      .set("left", amount_text(use.left)));
    }
    return list;
}

void add_invoice(const RatedInvoice& invoice, std::int32_t digits, Document& answer) {
    Document lines = Document::list();
    for (const RatedLine& line : invoice.lines)
        lines.push(line_document(line, digits));
    answer.set("lines", std::move(lines))
        .set("subtotal", amount_text(invoice.subtotal))
        .set("discounts", amount_text(invoice.discounts))
        .set("minimum_adjustment", amount_text(invoice.minimum_adjustment))
        .set("tax", amount_text(invoice.tax))
        .set("credits", amount_text(invoice.credits))
        .set("total", amount_text(invoice.total));
    if (!invoice.credit_uses.empty())
        answer.set("credit_uses", credit_uses_document(invoice.credit_uses));
}

}  // namespace

Status answer_rate(Fields& fields, Document& answer) {
    TRY_ASSIGN(const Document* document, fields.require("plan"));
    TRY_ASSIGN(const Plan plan, read_plan(*document, fields.pointer_to("plan")));
    TRY_ASSIGN(const RateInput input, read_input(fields, plan.schedule.zone));
    TRY_ASSIGN(const RatedInvoice invoice, rate(plan, input));
    add_invoice(invoice, plan.currency_digits, answer);
    return {};
}

}  // namespace tally::rating
