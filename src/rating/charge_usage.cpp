#include "rating/charge_usage.hpp"

#include "rating/fields.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace tally::rating {
namespace {

bool same_event(const UsageEvent& a, const UsageEvent& b) {
    return a.time == b.time && a.value == b.value && a.dimensions == b.dimensions;
}

std::string value_in(const Dimensions& dimensions, const std::string& name) {
    const auto found = dimensions.find(name);
    return found == dimensions.end() ? std::string() : found->second;
}

std::vector<std::string> group_key(const Charge& charge, const Dimensions& dimensions) {
    std::vector<std::string> key;
    for (const std::string& name : charge.group_by)
        key.push_back(value_in(dimensions, name));
    return key;
}

// A custom price may name any meter, every other model has its own.
bool is_used(const Charge& charge, const std::string& meter) {
    return std::holds_alternative<CustomPrice>(charge.price) || charge.meter == meter;
}

// Percentages are priced transaction by transaction, whatever the meter makes of them.
MeterRule rule_for(const UsageContext& context, const Charge& charge, const std::string& meter) {
    for (const auto* rules : {&context.input.meters, &context.plan.meters})
        for (const MeterRule& rule : *rules)
            if (rule.code == meter)
                return rule;
    MeterRule rule;
    rule.code = meter;
    if (std::holds_alternative<BulkPercentilePrice>(charge.price)) {
        rule.aggregation = Aggregation::kPercentile;
        rule.percentile = Decimal::from_coefficient(95, 2);
    }
    return rule;
}

UsageSlice of_meter(const UsageSlice& slice, const std::string& meter) {
    UsageSlice chosen;
    for (const UsageQuantity* quantity : slice.quantities)
        if (quantity->meter == meter)
            chosen.quantities.push_back(quantity);
    for (const EventRef& ref : slice.events)
        if (ref.event->meter == meter)
            chosen.events.push_back(ref);
    return chosen;
}

std::set<std::string> meters_in(const UsageSlice& slice) {
    std::set<std::string> meters;
    for (const UsageQuantity* quantity : slice.quantities)
        meters.insert(quantity->meter);
    for (const EventRef& ref : slice.events)
        meters.insert(ref.event->meter);
    return meters;
}

Result<Ratio> quantity_of(const UsageContext& context, const Charge& charge, const UsageSlice& slice,
                          const std::string& meter) {
    const MeterRule rule = rule_for(context, charge, meter);
    const auto events = events_that_count(rule, slice.events, context.input.period);
    TRY_ASSIGN(Ratio quantity, aggregate(rule, events, context.input.period));
    for (const UsageQuantity* part : slice.quantities)
        quantity += part->quantity;
    return quantity;
}

Result<std::vector<Ratio>> transactions_of(const UsageContext& context, const Charge& charge,
                                           const UsageSlice& slice) {
    std::vector<Ratio> transactions;
    for (const UsageQuantity* quantity : slice.quantities)
        transactions.emplace_back(quantity->quantity);
    const MeterRule rule = rule_for(context, charge, charge.meter);
    const auto events = events_that_count(rule, slice.events, context.input.period);
    TRY_ASSIGN(const auto values, event_values(rule, events));
    transactions.insert(transactions.end(), values.begin(), values.end());
    return transactions;
}

Ratio convert(const Charge& charge, const Ratio& quantity) {
    if (!charge.convert)
        return quantity;
    const Ratio divided = quantity / charge.convert->divide;
    if (!charge.convert->rounding)
        return divided;
    return divided.rounded(charge.convert->rounding->scale, charge.convert->rounding->mode);
}

Ratio take_included(const Ratio& quantity, Ratio& included_left) {
    if (quantity.sign() <= 0 || included_left.is_zero())
        return quantity;
    const Ratio taken = std::min(quantity, included_left);
    included_left -= taken;
    return quantity - taken;
}

}  // namespace

Result<UsageSlice> collect_usage(const RateInput& input) {
    UsageSlice usage;
    for (const UsageQuantity& quantity : input.usage)
        usage.quantities.push_back(&quantity);
    std::map<std::pair<std::string_view, std::string_view>, const UsageEvent*> known;
    for (std::size_t i = 0; i < input.events.size(); ++i) {
        const UsageEvent& event = input.events[i];
        if (!event.id.empty()) {
            const auto [entry, is_new] = known.try_emplace({event.meter, event.id}, &event);
            if (!is_new && !same_event(*entry->second, event)) {
                return Error{ErrorCode::kInvalidArgument,
                             fmt::format("two different events have the id '{}'", event.id),
                             pointer_into(pointer_into("/events", i), "id")};
            }
            if (!is_new)
                continue;
        }
        usage.events.push_back({&event, i});
    }
    return usage;
}

std::vector<UsageSlice> slice_by_group(const Charge& charge, const UsageSlice& usage) {
    std::map<std::vector<std::string>, UsageSlice> groups;
    if (charge.group_by.empty())
        groups.try_emplace({});
    for (const UsageQuantity* quantity : usage.quantities)
        if (is_used(charge, quantity->meter))
            groups[group_key(charge, quantity->dimensions)].quantities.push_back(quantity);
    for (const EventRef& ref : usage.events)
        if (is_used(charge, ref.event->meter))
            groups[group_key(charge, ref.event->dimensions)].events.push_back(ref);
    std::vector<UsageSlice> slices;
    for (auto& [key, slice] : groups) {
        if (!charge.group_by.empty()) {
            slice.group.emplace();
            for (std::size_t i = 0; i < key.size(); ++i)
                slice.group->insert_or_assign(charge.group_by[i], key[i]);
        }
        slices.push_back(std::move(slice));
    }
    return slices;
}

Result<std::vector<UsageSlice>> slice_by_price(const DimensionalPrice& price, const UsageSlice& slice) {
    std::vector<UsageSlice> slices(price.prices.size());
    for (const UsageQuantity* quantity : slice.quantities) {
        TRY_ASSIGN(const std::size_t index, match_price(price, quantity->dimensions));
        slices[index].quantities.push_back(quantity);
    }
    for (const EventRef& ref : slice.events) {
        TRY_ASSIGN(const std::size_t index, match_price(price, ref.event->dimensions));
        slices[index].events.push_back(ref);
    }
    return slices;
}

Result<Portion> make_portion(const UsageContext& context, const Charge& charge, const UsageSlice& slice) {
    Portion portion;
    if (std::holds_alternative<PercentagePrice>(charge.price)) {
        TRY_ASSIGN(portion.transactions, transactions_of(context, charge, slice));
        return portion;
    }
    if (std::holds_alternative<CustomPrice>(charge.price)) {
        for (const std::string& meter : meters_in(slice)) {
            TRY_ASSIGN(Ratio quantity, quantity_of(context, charge, of_meter(slice, meter), meter));
            portion.quantities.emplace(meter, std::move(quantity));
        }
        const auto own = portion.quantities.find(charge.meter);
        if (own != portion.quantities.end())
            portion.quantity = own->second;
        return portion;
    }
    TRY_ASSIGN(portion.quantity, quantity_of(context, charge, slice, charge.meter));
    return portion;
}

void convert_and_include(const Charge& charge, Portion& portion, Ratio& included_left) {
    if (!std::holds_alternative<PercentagePrice>(charge.price)) {
        portion.quantity = take_included(convert(charge, portion.quantity), included_left);
        return;
    }
    portion.quantity = 0;
    std::vector<Ratio> left;
    for (const Ratio& value : portion.transactions) {
        const Ratio billed = convert(charge, value);
        const Ratio rest = take_included(billed, included_left);
        portion.quantity += rest;
        // What the included units cover whole is no transaction any more.
        if (billed == rest || !rest.is_zero())
            left.push_back(rest);
    }
    portion.transactions = std::move(left);
}

}  // namespace tally::rating
