#include "rating/plan_json.hpp"

#include "rating/currency.hpp"
#include "rating/document.hpp"
#include "rating/fields.hpp"
#include "rating/meter_json.hpp"
#include "rating/models.hpp"
#include "rating/schedule_fields.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace tally::rating {
namespace {

constexpr std::int64_t kScaleMax = 30;

Result<Rounding> read_rounding(const Document& document, const std::string& pointer,
                               std::int32_t scale_otherwise) {
    TRY_ASSIGN(Fields fields, Fields::open(document, pointer));
    Rounding rounding;
    TRY_ASSIGN(const std::int64_t scale, fields.integer_or("scale", scale_otherwise));
    if (scale < -kScaleMax || scale > kScaleMax)
        return fields.error_at("scale", fmt::format("{} is not from {} to {}", scale, -kScaleMax, kScaleMax));
    rounding.scale = static_cast<std::int32_t>(scale);
    TRY_ASSIGN(const std::string mode, fields.text_or("mode", "half_up"));
    const auto parsed = parse_rounding_mode(mode);
    if (!parsed)
        return fields.error_at("mode", parsed.error().message);
    rounding.mode = *parsed;
    TRY(fields.finish());
    return rounding;
}

Result<std::optional<Rounding>> read_optional_rounding(Fields& fields, std::int32_t scale_otherwise) {
    const Document* document = fields.take("rounding");
    if (document == nullptr)
        return std::optional<Rounding>();
    TRY_ASSIGN(const Rounding rounding,
               read_rounding(*document, fields.pointer_to("rounding"), scale_otherwise));
    return std::optional<Rounding>(rounding);
}

Result<std::optional<Conversion>> read_conversion(Fields& fields) {
    const Document* document = fields.take("convert");
    if (document == nullptr)
        return std::optional<Conversion>();
    TRY_ASSIGN(Fields convert, Fields::open(*document, fields.pointer_to("convert")));
    Conversion conversion;
    TRY_ASSIGN(conversion.divide, convert.decimal("divide", kNotNegative));
    if (conversion.divide.is_zero())
        return convert.error_at("divide", "it is not above 0");
    TRY_ASSIGN(conversion.rounding, read_optional_rounding(convert, 0));
    TRY(convert.finish());
    return std::optional<Conversion>(std::move(conversion));
}

Result<std::optional<Decimal>> read_discount(Fields& fields) {
    const Document* document = fields.take("discount");
    if (document == nullptr)
        return std::optional<Decimal>();
    TRY_ASSIGN(Fields discount, Fields::open(*document, fields.pointer_to("discount")));
    TRY_ASSIGN(Decimal rate, discount.decimal("rate", kShare));
    TRY(discount.finish());
    return std::optional<Decimal>(std::move(rate));
}

Result<PayTime> read_pay(Fields& fields) {
    TRY_ASSIGN(const std::string pay, fields.text_or("pay", "arrears"));
    if (pay == "arrears")
        return PayTime::kArrears;
    if (pay == "advance")
        return PayTime::kAdvance;
    return fields.error_at("pay", fmt::format("'{}' is neither \"advance\" nor \"arrears\"", pay));
}

Result<Proration> read_proration(Fields& fields) {
    const Document* prorate = fields.take("prorate");
    if (prorate == nullptr)
        return Proration::kNone;
    if (prorate->kind() == Document::Kind::kBool)
        return prorate->is_true() ? Proration::kSecond : Proration::kNone;
    if (prorate->str() == "second")
        return Proration::kSecond;
    if (prorate->str() == "day")
        return Proration::kDay;
    return fields.error_at("prorate",
                           fmt::format("{} is neither false nor \"second\" nor \"day\"", prorate->json()));
}

Result<std::string> read_meter_code(Fields& fields, const Price& price) {
    if (std::holds_alternative<FlatPrice>(price) || std::holds_alternative<CustomPrice>(price))
        return fields.text_or("meter", "");
    return fields.text("meter");
}

Result<Charge> read_charge(const Document& document, const std::string& pointer,
                           std::int32_t currency_scale) {
    TRY_ASSIGN(Fields fields, Fields::open(document, pointer));
    Charge charge;
    TRY_ASSIGN(charge.code, fields.text("code"));
    TRY_ASSIGN(charge.name, fields.text_or("name", ""));
    TRY_ASSIGN(charge.price, read_price(fields));
    TRY_ASSIGN(charge.meter, read_meter_code(fields, charge.price));
    TRY_ASSIGN(charge.convert, read_conversion(fields));
    TRY_ASSIGN(charge.included, fields.decimal_or("included", 0, kNotNegative));
    TRY_ASSIGN(charge.min, fields.optional_decimal("min", kNotNegative));
    TRY_ASSIGN(charge.max, fields.optional_decimal("max", kNotNegative));
    if (charge.min && charge.max && *charge.max < *charge.min)
        return fields.error_at("max", "it is below min");
    TRY_ASSIGN(charge.discount_rate, read_discount(fields));
    TRY_ASSIGN(charge.rounding, read_optional_rounding(fields, currency_scale));
    TRY_ASSIGN(charge.pay, read_pay(fields));
    TRY_ASSIGN(charge.prorate, read_proration(fields));
    TRY_ASSIGN(charge.group_by, fields.texts("group_by"));
    TRY(fields.finish());
    return charge;
}

Result<std::vector<Charge>> read_charges(Fields& fields, std::int32_t currency_scale) {
    TRY(fields.require("charges"));
    TRY_ASSIGN(const auto* documents, fields.list("charges"));
    std::vector<Charge> charges;
    std::set<std::string> codes;
    for (std::size_t i = 0; i < documents->size(); ++i) {
        const std::string pointer = pointer_into(fields.pointer_to("charges"), i);
        TRY_ASSIGN(Charge charge, read_charge((*documents)[i], pointer, currency_scale));
        if (!codes.insert(charge.code).second) {
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("another charge has the code '{}' already", charge.code),
                         pointer_into(pointer, "code")};
        }
        charges.push_back(std::move(charge));
    }
    return charges;
}

Result<std::optional<Tax>> read_tax(Fields& fields) {
    const Document* document = fields.take("tax");
    if (document == nullptr)
        return std::optional<Tax>();
    TRY_ASSIGN(Fields tax_fields, Fields::open(*document, fields.pointer_to("tax")));
    Tax tax;
    TRY_ASSIGN(tax.rate, tax_fields.decimal("rate", kNotNegative));
    TRY_ASSIGN(tax.inclusive, tax_fields.flag_or("inclusive", false));
    TRY(tax_fields.finish());
    return std::optional<Tax>(std::move(tax));
}

Status read_currency(Fields& fields, Plan& plan) {
    TRY_ASSIGN(plan.currency, fields.text("currency"));
    const auto digits = currency_digits(plan.currency);
    if (!digits)
        return fields.error_at("currency", digits.error().message);
    plan.currency_digits = *digits;
    return {};
}

}  // namespace

Result<Plan> read_plan(const Document& document, const std::string& pointer) {
    TRY_ASSIGN(Fields fields, Fields::open(document, pointer));
    Plan plan;
    TRY_ASSIGN(plan.code, fields.text_or("code", ""));
    TRY_ASSIGN(plan.name, fields.text_or("name", ""));
    TRY(read_currency(fields, plan));
    TRY_ASSIGN(const TimeZone zone, read_time_zone(fields));
    TRY_ASSIGN(plan.schedule, read_schedule(fields, zone, {"month", std::nullopt}));
    TRY_ASSIGN(plan.charges, read_charges(fields, plan.currency_digits));
    TRY_ASSIGN(plan.meters, read_meters(fields));
    TRY_ASSIGN(plan.minimum, fields.optional_decimal("minimum", kNotNegative));
    TRY_ASSIGN(plan.tax, read_tax(fields));
    TRY(fields.finish());
    return plan;
}

Result<Plan> parse_plan_json(std::string_view text) {
    TRY_ASSIGN(const Document document, Document::parse_json(text));
    return read_plan(document, "");
}

Result<Plan> parse_plan_toml(std::string_view text) {
    TRY_ASSIGN(const Document document, Document::parse_toml(text));
    return read_plan(document, "");
}

}  // namespace tally::rating
