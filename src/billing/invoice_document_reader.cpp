#include "base/json_value.hpp"
#include "base/time_text.hpp"
#include "billing/invoice_document.hpp"

#include <charconv>

#include <fmt/format.h>

// invoice_from_document: the way back from what invoice_to_document wrote.
namespace tally::billing {

namespace {

// Reads the members of one object; the first that is missing or of another kind is kept as the failure, and
// everything after it reads as empty.
class MemberReader {
  public:
    MemberReader(const JsonValue& object, Status& failure) : object_(object), failure_(failure) {}

    std::string text(std::string_view name) {
        const JsonValue* value = find(name);
        if (value == nullptr || value->as_string() == nullptr)
            return fail(name), std::string();
        return *value->as_string();
    }

    std::string text_or_empty(std::string_view name) { return std::string(object_.text_of(name)); }

    std::int64_t whole(std::string_view name) {
        const JsonValue* value = find(name);
        if (value == nullptr || value->as_int() == nullptr)
            return fail(name), 0;
        return *value->as_int();
    }

    int small(std::string_view name) { return static_cast<int>(whole(name)); }

    std::int64_t whole_or_zero(std::string_view name) {
        const JsonValue* member = find(name);
        return member == nullptr || member->is_null() ? 0 : whole(name);
    }

    int small_or_zero(std::string_view name) {
        const JsonValue* value = find(name);
        return value == nullptr || value->is_null() ? 0 : small(name);
    }

    bool flag(std::string_view name) {
        const JsonValue* value = find(name);
        if (value == nullptr || value->as_bool() == nullptr)
            return fail(name), false;
        return *value->as_bool();
    }

    Decimal decimal(std::string_view name) {
        const Result<Decimal> value = Decimal::parse(text(name));
        if (!value.ok())
            return fail(name), Decimal();
        return *value;
    }

    std::optional<Decimal> optional_decimal(std::string_view name) {
        return find(name) == nullptr ? std::nullopt : std::optional(decimal(name));
    }

    std::optional<Instant> optional_instant(std::string_view name) {
        const std::string at = text(name);
        if (at.empty())
            return std::nullopt;
        const Result<Instant> value = parse_rfc3339(at);
        if (!value.ok())
            return fail(name), std::nullopt;
        return *value;
    }

    Instant instant(std::string_view name) {
        const std::optional<Instant> at = optional_instant(name);
        if (!at)
            fail(name);
        return at.value_or(Instant());
    }

    rating::Period period(std::string_view name) {
        const JsonValue* value = find(name);
        if (value == nullptr)
            return fail(name), rating::Period();
        MemberReader members(*value, failure_);
        return {members.instant("from"), members.instant("to")};
    }

    std::optional<SnapshotId> snapshot(std::string_view name) {
        const std::string digits = text_or_empty(name);
        if (digits.empty())
            return std::nullopt;
        std::int64_t id = 0;
        const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
        if (failed != std::errc() || end != digits.data() + digits.size())
            return fail(name), std::nullopt;
        return SnapshotId(id);
    }

    const JsonValue::Array& list(std::string_view name) {
        static const JsonValue::Array kNothing;
        const JsonValue* value = find(name);
        if (value == nullptr || value->as_array() == nullptr)
            return fail(name), kNothing;
        return *value->as_array();
    }

    const JsonValue::Object* object(std::string_view name) {
        const JsonValue* value = find(name);
        return value == nullptr ? nullptr : value->as_object();
    }

    void fail(std::string_view name) {
        if (failure_.ok())
            failure_ =
                Error{ErrorCode::kCorruption, fmt::format("a kept invoice has no readable \"{}\"", name)};
    }

  private:
    const JsonValue* find(std::string_view name) const { return object_.find(name); }

    const JsonValue& object_;
    Status& failure_;
};

rating::Step read_step(MemberReader members) {
    rating::Step step;
    step.tier = members.small_or_zero("tier");
    step.price = members.small_or_zero("price");
    step.quantity = members.decimal("quantity");
    step.unit = members.optional_decimal("unit");
    step.flat = members.optional_decimal("flat").value_or(Decimal());
    step.amount = members.decimal("amount");
    return step;
}

std::optional<rating::Dimensions> read_group(MemberReader& members) {
    const JsonValue::Object* object = members.object("group");
    if (object == nullptr)
        return std::nullopt;
    rating::Dimensions group;
    for (const JsonValue::Member& member : *object)
        group.emplace(member.first, member.second.as_string() != nullptr ? *member.second.as_string() : "");
    return group;
}

InvoiceLine read_line(MemberReader members, Status& failure) {
    InvoiceLine line;
    line.charge = members.text("charge");
    line.description = members.text("description");
    line.group = read_group(members);
    line.meter = members.text_or_empty("meter");
    line.meter_version = members.small_or_zero("meter_version");
    line.plan = members.text("plan");
    line.plan_version = members.small("plan_version");
    line.snapshot = members.snapshot("snapshot_id");
    line.rows = members.whole("rows");
    line.skipped = members.whole_or_zero("skipped");
    line.metered = members.decimal("metered");
    line.quantity = members.decimal("quantity");
    line.amount = members.decimal("amount");
    line.prorated = members.text_or_empty("prorated");
    line.digest = members.text("digest");
    for (const JsonValue& step : members.list("steps"))
        line.steps.push_back(read_step(MemberReader(step, failure)));
    return line;
}

void read_facts(MemberReader& members, Invoice& invoice) {
    invoice.id = InvoiceId(members.text("id"));
    invoice.number = members.text("number");
    invoice.previous_hash = members.text("previous_hash");
    invoice.customer = CustomerId(members.text("customer_id"));
    invoice.subscription = SubscriptionId(members.text("subscription_id"));
    invoice.plan = members.text("plan");
    invoice.plan_version = members.small("plan_version");
    invoice.currency = members.text("currency");
    invoice.timezone = members.text("timezone");
    invoice.period = members.period("period");
    invoice.active = members.period("active");
    invoice.snapshot = members.snapshot("snapshot_id");
    invoice.pinned_at = members.instant("pinned_at");
    invoice.finalized_at = members.optional_instant("finalized_at");
    const JsonValue::Object* meters = members.object("meters");
    if (meters == nullptr)
        return members.fail("meters");
    for (const JsonValue::Member& meter : *meters)
        if (const std::int64_t* version = meter.second.as_int())
            invoice.meter_versions.emplace(meter.first, static_cast<int>(*version));
}

void read_state(MemberReader& members, Invoice& invoice) {
    const Result<InvoiceStatus> status = parse_invoice_status(members.text("status"));
    if (!status.ok())
        return members.fail("status");
    invoice.status = *status;
    invoice.stage = members.text("stage") == "pinned" ? InvoiceStage::kPinned : InvoiceStage::kRated;
    invoice.keep_draft = members.flag("keep_draft");
    invoice.revision = members.whole("revision");
    invoice.sequence = members.whole("sequence");
    invoice.hash = members.text("hash");
    invoice.created_at = members.instant("created_at");
    invoice.voided_at = members.optional_instant("voided_at");
    invoice.void_reason = members.text("void_reason");
}

}  // namespace

Result<Invoice> invoice_from_document(std::string_view text) {
    Result<JsonValue> document = JsonValue::parse(text);
    if (!document.ok())
        return Error{ErrorCode::kCorruption, "a kept invoice is no JSON: " + document.error().message};
    Status failure;
    MemberReader members(*document, failure);
    Invoice invoice;
    read_facts(members, invoice);
    read_state(members, invoice);
    for (const JsonValue& line : members.list("lines"))
        invoice.lines.push_back(read_line(MemberReader(line, failure), failure));
    invoice.totals = {.subtotal = members.decimal("subtotal"),
                      .discounts = members.decimal("discounts"),
                      .minimum_adjustment = members.decimal("minimum_adjustment"),
                      .tax = members.decimal("tax"),
                      .credits = members.decimal("credits"),
                      .total = members.decimal("total")};
    if (!failure.ok())
        return failure.error();
    return invoice;
}

}  // namespace tally::billing
