#include "billing/plan_checks.hpp"

#include "billing/subscriptions.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tally::billing {

namespace {

std::string charge_pointer(std::size_t index, std::string_view member) {
    return fmt::format("/charges/{}/{}", index, member);
}

// What the charge tells apart: its own groups, and what a dimensional price matches on.
std::vector<std::string> dimensions_of(const rating::Charge& charge) {
    std::vector<std::string> names = charge.group_by;
    if (const auto* price = std::get_if<rating::DimensionalPrice>(&charge.price))
        names.insert(names.end(), price->dimensions.begin(), price->dimensions.end());
    return names;
}

// Values of groups may be added up again for sums and counts only.
bool adds_up(Aggregation aggregation) {
    return aggregation == Aggregation::kCount || aggregation == Aggregation::kSum;
}

Status check_dimensions(const rating::Charge& charge, const Meter& meter, std::size_t index) {
    const std::vector<std::string> wanted = dimensions_of(charge);
    for (const std::string& name : wanted)
        if (std::find(meter.group_by.begin(), meter.group_by.end(), name) == meter.group_by.end())
            return Error{
                ErrorCode::kInvalidArgument,
                fmt::format("the meter \"{}\" is not grouped by \"{}\"; add it to the meter's group_by",
                            meter.code, name),
                charge_pointer(index, "meter")};
    for (const std::string& name : meter.group_by)
        if (!adds_up(meter.aggregation) && std::find(wanted.begin(), wanted.end(), name) == wanted.end())
            return Error{
                ErrorCode::kInvalidArgument,
                fmt::format("the meter \"{}\" gives one {} for each \"{}\", which do not add up; price by "
                            "\"{}\" or use a meter without it",
                            meter.code, aggregation_name(meter.aggregation), name, name),
                charge_pointer(index, "meter")};
    return {};
}

}  // namespace

Status check_plan_meters(const rating::Plan& plan, Meters& meters) {
    for (std::size_t i = 0; i < plan.charges.size(); ++i) {
        const rating::Charge& charge = plan.charges[i];
        if (charge.meter.empty())
            continue;
        Result<StoredMeter> meter = meters.find(charge.meter);
        if (!meter.ok())
            return Error{
                meter.error().code == ErrorCode::kNotFound ? ErrorCode::kInvalidArgument : meter.error().code,
                meter.error().message, charge_pointer(i, "meter")};
        if (meter->archived_at)
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("the meter \"{}\" is archived", charge.meter),
                         charge_pointer(i, "meter")};
        TRY(check_dimensions(charge, meter->meter, i));
    }
    return {};
}

Status check_billable(const rating::Plan& plan) {
    constexpr std::array<std::string_view, 3> kNeedEvents = {"percentage", "bulk_percentile", "custom"};
    for (std::size_t i = 0; i < plan.charges.size(); ++i) {
        const std::string_view model = rating::model_name(plan.charges[i].price);
        if (std::find(kNeedEvents.begin(), kNeedEvents.end(), model) != kNeedEvents.end())
            return Error{
                ErrorCode::kUnsupported,
                fmt::format("the model \"{}\" of charge \"{}\" needs each event; invoices are made from "
                            "aggregated meters so far, only `rate` prices it",
                            model, plan.charges[i].code),
                charge_pointer(i, "model")};
    }
    return {};
}

}  // namespace tally::billing
