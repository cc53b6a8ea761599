#include "rating/rate.hpp"

#include "rating/activity.hpp"
#include "rating/charge_usage.hpp"
#include "rating/fields.hpp"
#include "rating/models.hpp"
#include "rating/totals.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tally::rating {
namespace {

Error inside(Error error, const std::string& pointer) {
    // A wrong value in the usage has its own place; everything else lies in the charge.
    if (!error.pointer.starts_with("/events/"))
        error.pointer = pointer + error.pointer;
    return error;
}

void append(Priced& all, Priced part, std::size_t price_number) {
    all.usage += part.usage;
    all.flat += part.flat;
    for (Step& step : part.steps) {
        step.price = static_cast<std::int32_t>(price_number);
        all.steps.push_back(std::move(step));
    }
}

// A line before proration and rounding.
struct PricedLine {
    Ratio quantity;
    Priced priced;
};

Result<PricedLine> price_dimensional(const UsageContext& context, const Charge& charge,
                                     const DimensionalPrice& price, const UsageSlice& slice) {
    TRY_ASSIGN(const auto slices, slice_by_price(price, slice));
    PricedLine line;
    Ratio included_left = charge.included;
    for (std::size_t i = 0; i < slices.size(); ++i) {
        if (slices[i].quantities.empty() && slices[i].events.empty())
            continue;
        TRY_ASSIGN(Portion portion, make_portion(context, charge, slices[i]));
        convert_and_include(charge, portion, included_left);
        line.quantity += portion.quantity;
        auto priced =
            std::visit([&](const auto& model) { return price_model(model, portion); }, price.prices[i].model);
        if (!priced)
            return inside(std::move(priced).error(), pointer_into("/prices", i));
        append(line.priced, *std::move(priced), i + 1);
    }
    return line;
}

Result<PricedLine> price_slice(const UsageContext& context, const Charge& charge, const UsageSlice& slice) {
    if (const auto* dimensional = std::get_if<DimensionalPrice>(&charge.price))
        return price_dimensional(context, charge, *dimensional, slice);
    TRY_ASSIGN(Portion portion, make_portion(context, charge, slice));
    Ratio included_left = charge.included;
    convert_and_include(charge, portion, included_left);
    const auto price = [&](const auto& model) -> Result<Priced> {
        if constexpr (std::is_same_v<std::decay_t<decltype(model)>, DimensionalPrice>) {
            return Error{ErrorCode::kInternal, "a dimensional price was not split"};
        } else {
            return price_model(model, portion);
        }
    };
    TRY_ASSIGN(Priced priced, std::visit(price, charge.price));
    const bool without_meter = charge.meter.empty() || std::holds_alternative<FlatPrice>(charge.price);
    return PricedLine{without_meter ? Ratio(1) : portion.quantity, std::move(priced)};
}

RatedLine finish_line(const Plan& plan, const Charge& charge, const Activity& activity, PricedLine priced,
                      const UsageSlice& slice) {
    const Rounding rounding = charge.rounding.value_or(Rounding{plan.currency_digits, RoundingMode::kHalfUp});
    const Ratio exact = priced.priced.usage + priced.priced.flat * activity.weight(charge.prorate);
    RatedLine line;
    line.charge = charge.code;
    line.group = slice.group;
    line.quantity = priced.quantity.shown();
    line.amount = exact.rounded(rounding.scale, rounding.mode);
    if (line.amount.scale() < plan.currency_digits)
        line.amount = line.amount.rounded(plan.currency_digits, RoundingMode::kHalfUp);
    if (activity.weight(charge.prorate) != Ratio(1))
        line.prorated = activity.text(charge.prorate);
    line.steps = std::move(priced.priced.steps);
    return line;
}

Status check_coupons(const Plan& plan, const RateInput& input) {
    std::vector<std::string> codes;
    for (const Charge& charge : plan.charges)
        codes.push_back(charge.code);
    for (std::size_t i = 0; i < input.coupons.size(); ++i) {
        const Coupon& coupon = input.coupons[i];
        const std::string pointer = pointer_into("/coupons", i);
        if (coupon.rate.has_value() == coupon.amount.has_value()) {
            return Error{ErrorCode::kInvalidArgument, "a coupon has either 'rate' or 'amount'", pointer};
        }
        for (std::size_t j = 0; j < coupon.charges.size(); ++j) {
            if (std::find(codes.begin(), codes.end(), coupon.charges[j]) != codes.end())
                continue;
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("the plan has no charge '{}'", coupon.charges[j]),
                         pointer_into(pointer_into(pointer, "charges"), j)};
        }
    }
    return {};
}

// A flat price has one line whatever its charge says about groups.
std::vector<UsageSlice> slices_of(const Charge& charge, const UsageSlice& usage) {
    if (std::holds_alternative<FlatPrice>(charge.price))
        return {UsageSlice{}};
    return slice_by_group(charge, usage);
}

}  // namespace

Result<RatedInvoice> rate(const Plan& plan, const RateInput& input) {
    TRY_ASSIGN(const Activity activity, Activity::of(input, plan.schedule.zone));
    TRY(check_coupons(plan, input));
    TRY_ASSIGN(const UsageSlice usage, collect_usage(input));
    RatedInvoice invoice;
    std::vector<ChargeLines> charges;
    for (std::size_t i = 0; i < plan.charges.size(); ++i) {
        const Charge& charge = plan.charges[i];
        ChargeLines lines{&charge, invoice.lines.size(), 0};
        for (const UsageSlice& slice : slices_of(charge, usage)) {
            auto priced = price_slice({plan, input}, charge, slice);
            if (!priced)
                return inside(std::move(priced).error(), pointer_into("/plan/charges", i));
            invoice.lines.push_back(finish_line(plan, charge, activity, *std::move(priced), slice));
            ++lines.count;
        }
        charges.push_back(lines);
    }
    add_totals(plan, input, charges, activity.any(), invoice);
    return invoice;
}

}  // namespace tally::rating
