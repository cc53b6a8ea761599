#include "rating/line_document.hpp"
#include "rating/schedule_fields.hpp"
#include "rating/wallet.hpp"

// `tallyman wallet`: a document to a WalletInput, a WalletResult to a document.
namespace tally::rating {
namespace {

Result<Grant> read_grant(const Document& document, const std::string& pointer, const TimeZone& zone) {
    TRY_ASSIGN(Fields fields, Fields::open(document, pointer));
    Grant grant;
    TRY_ASSIGN(grant.id, fields.text("id"));
    TRY_ASSIGN(grant.amount, fields.decimal("amount", kNotNegative));
    TRY_ASSIGN(grant.priority, fields.integer_or("priority", 0));
    TRY_ASSIGN(grant.effective_at, fields.instant("effective_at", zone));
    TRY_ASSIGN(grant.expires_at, fields.optional_instant("expires_at", zone));
    TRY_ASSIGN(grant.rollover_min, fields.decimal_or("rollover_min", 0, kNotNegative));
    TRY_ASSIGN(grant.rollover_max, fields.decimal_or("rollover_max", 0, kNotNegative));
    if (const Document* recurrence = fields.take("recurrence")) {
        TRY_ASSIGN(Fields recurrence_fields, Fields::open(*recurrence, fields.pointer_to("recurrence")));
        const ScheduleDefaults defaults{"", zone.to_local(grant.effective_at)};
        TRY_ASSIGN(grant.recurrence, read_schedule(recurrence_fields, zone, defaults));
        TRY(recurrence_fields.finish());
    }
    TRY(fields.finish());
    return grant;
}

Status read_grants(Fields& fields, const TimeZone& zone, WalletInput& input) {
    TRY_ASSIGN(const auto* documents, fields.list("grants"));
    for (std::size_t i = 0; i < documents->size(); ++i) {
        TRY_ASSIGN(Grant grant,
                   read_grant((*documents)[i], pointer_into(fields.pointer_to("grants"), i), zone));
        input.grants.push_back(std::move(grant));
    }
    return {};
}

Status read_balances(Fields& fields, WalletInput& input) {
    const Document* balances = fields.take("balances");
    if (balances == nullptr)
        return {};
    const std::string pointer = fields.pointer_to("balances");
    TRY(Fields::open(*balances, pointer));
    for (const auto& member : balances->members()) {
        TRY_ASSIGN(Decimal balance, read_decimal(member.value, pointer_into(pointer, member.name)));
        input.balances.emplace(member.name, std::move(balance));
    }
    return {};
}

Status read_usage(Fields& fields, const TimeZone& zone, WalletInput& input) {
    TRY_ASSIGN(const auto* documents, fields.list("usage"));
    for (std::size_t i = 0; i < documents->size(); ++i) {
        TRY_ASSIGN(Fields usage_fields,
                   Fields::open((*documents)[i], pointer_into(fields.pointer_to("usage"), i)));
        WalletUsage usage;
        TRY_ASSIGN(usage.at, usage_fields.instant("at", zone));
        TRY_ASSIGN(usage.amount, usage_fields.decimal("amount", kNotNegative));
        TRY(usage_fields.finish());
        input.usage.push_back(std::move(usage));
    }
    return {};
}

Status read_resets(Fields& fields, const TimeZone& zone, WalletInput& input) {
    TRY_ASSIGN(const auto* documents, fields.list("resets"));
    for (std::size_t i = 0; i < documents->size(); ++i) {
        TRY_ASSIGN(const Instant at,
                   read_instant((*documents)[i], pointer_into(fields.pointer_to("resets"), i), zone));
        input.resets.push_back(at);
    }
    return {};
}

Result<WalletInput> read_input(Fields& fields, const TimeZone& zone) {
    WalletInput input;
    TRY_ASSIGN(const Period range, read_period(fields, zone));
    input.from = range.from;
    input.to = range.to;
    TRY(read_grants(fields, zone, input));
    TRY(read_balances(fields, input));
    TRY_ASSIGN(input.overage, fields.decimal_or("overage", 0, kNotNegative));
    TRY(read_usage(fields, zone, input));
    TRY(read_resets(fields, zone, input));
    TRY_ASSIGN(input.preserve_overage, fields.flag_or("preserve_overage", false));
    TRY(fields.finish());
    return input;
}

Document number_text(const Decimal& number) {
    return Document::text(number.normalized_str());
}

}  // namespace

Status answer_wallet(Fields& question, Document& answer) {
    TRY_ASSIGN(const TimeZone zone, read_time_zone(question));
    TRY_ASSIGN(const WalletInput input, read_input(question, zone));
    TRY_ASSIGN(const WalletResult result, run_wallet(input));
    Document balances = Document::object();
    for (const Grant& grant : input.grants)
        balances.set(grant.id, number_text(result.balances.at(grant.id)));
    Document burned = Document::list();
    for (const Burn& burn : result.burned) {
        burned.push(Document::object()
                        .set("grant", Document::text(burn.grant))
                        .set("amount", number_text(burn.amount))
                        .set("at", Document::text(format_rfc3339(burn.at))));
    }
    answer.set("balances", std::move(balances))
        .set("overage", number_text(result.overage))
        .set("burned", std::move(burned));
    return {};
}

}  // namespace tally::rating
