#include "usage/dimension_name.hpp"
#include "usage/metered_column.hpp"
#include "usage/usage.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace tally::usage {
namespace {

constexpr std::size_t kGroupColumnsMax = 8;

Meter built_in(std::string code, Aggregation aggregation, std::string value, Decimal scale) {
    Meter meter;
    meter.id = MeterId("mtr_" + code);
    meter.code = std::move(code);
    meter.aggregation = aggregation;
    meter.value = std::move(value);
    meter.scale = std::move(scale);
    return meter;
}

Error wrong(const Meter& meter, const char* pointer, std::string_view detail) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("meter {}: {}", meter.code, detail), pointer};
}

bool is_code(std::string_view code) {
    return !code.empty() && code.size() <= 64 && std::all_of(code.begin(), code.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

Status check_value(const Meter& meter) {
    if (meter.aggregation == Aggregation::kCount) {
        if (!meter.value.empty())
            return wrong(meter, "/value", "count counts requests and takes no value");
        return {};
    }
    if (meter.value.empty())
        return wrong(meter, "/value",
                     fmt::format("{} needs a column as its value", aggregation_name(meter.aggregation)));
    const Result<MeteredColumn> column = find_column(meter.value);
    if (!column.ok())
        return wrong(meter, "/value", column.error().message);
    if (meter.aggregation != Aggregation::kUnique && !may_be_number(*column))
        return wrong(meter, "/value",
                     fmt::format("{} needs a number, and {} is none", aggregation_name(meter.aggregation),
                                 meter.value));
    return {};
}

Status check_groups(const Meter& meter) {
    if (meter.group_by.size() > kGroupColumnsMax)
        return wrong(meter, "/group_by",
                     fmt::format("{} columns to group by, at most {} are accepted", meter.group_by.size(),
                                 kGroupColumnsMax));
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < meter.group_by.size(); ++i) {
        const std::string pointer = fmt::format("/group_by/{}", i);
        const Result<MeteredColumn> column = find_column(meter.group_by[i]);
        if (!column.ok())
            return wrong(meter, pointer.c_str(), column.error().message);
        if (!seen.insert(meter.group_by[i]).second)
            return wrong(meter, pointer.c_str(), fmt::format("{} stands twice", meter.group_by[i]));
    }
    return {};
}

}  // namespace

std::vector<Meter> built_in_meters() {
    const Decimal per_billion = Decimal::from_coefficient(1, 9);
    return {built_in("requests", Aggregation::kCount, "", 1),
            built_in("egress_gb", Aggregation::kSum, "sc_bytes", per_billion),
            built_in("ingress_gb", Aggregation::kSum, "cs_bytes", per_billion)};
}

Status check_meter(query::QueryEngine& engine, const Meter& meter) {
    if (!is_code(meter.code))
        return wrong(meter, "/code", "a code has 1 to 64 of the characters a-z, 0-9 and _");
    TRY(check_supported(meter));
    TRY(check_value(meter));
    if (meter.scale.sign() <= 0)
        return wrong(meter, "/scale", fmt::format("the scale {} is not above 0", meter.scale.str()));
    TRY(check_groups(meter));
    if (meter.filter.empty())
        return {};
    if (Status condition = engine.check_condition(with_dimensions(meter.filter)); !condition.ok()) {
        if (condition.error().code != ErrorCode::kInvalidArgument)
            return condition;
        return wrong(meter, "/filter", condition.error().message);
    }
    return {};
}

}  // namespace tally::usage
