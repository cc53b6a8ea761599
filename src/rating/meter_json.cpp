#include "rating/meter_json.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace tally::rating {
namespace {

constexpr std::int64_t kDurationNumberMax = 1'000'000'000;

constexpr std::array<std::pair<std::string_view, Microseconds>, 5> kUnits{{
    {"ms", std::chrono::milliseconds{1}},
    {"s", std::chrono::seconds{1}},
    {"m", std::chrono::minutes{1}},
    {"h", std::chrono::hours{1}},
    {"d", std::chrono::hours{24}},
}};

Status read_percentile(Fields& fields, MeterRule& rule) {
    TRY_ASSIGN(rule.percentile, fields.optional_decimal("percentile", kShare));
    TRY_ASSIGN(const std::string samples, fields.text_or("samples", ""));
    if (!samples.empty()) {
        const auto window = parse_duration(samples);
        if (!window)
            return fields.error_at("samples", window.error().message);
        rule.samples = *window;
    }
    const bool wanted = rule.aggregation == Aggregation::kPercentile;
    if (wanted != rule.percentile.has_value())
        return fields.error_at("percentile",
                               "'percentile' stands with the aggregation percentile, and only there");
    if (rule.percentile && rule.percentile->is_zero())
        return fields.error_at("percentile", "it is not above 0");
    return {};
}

Result<MeterRule> read_meter(const Document& document, const std::string& pointer) {
    TRY_ASSIGN(Fields fields, Fields::open(document, pointer));
    MeterRule rule;
    TRY_ASSIGN(rule.code, fields.text("code"));
    TRY_ASSIGN(const std::string name, fields.text("aggregation"));
    const auto aggregation = parse_aggregation(name);
    if (!aggregation)
        return fields.error_at("aggregation", aggregation.error().message);
    rule.aggregation = *aggregation;
    TRY_ASSIGN(rule.scale, fields.decimal_or("scale", 1));
    TRY(read_percentile(fields, rule));
    TRY_ASSIGN(rule.recurring, fields.flag_or("recurring", false));
    for (const std::string_view unused : {"name", "source", "value", "filter"})
        TRY(fields.text_or(unused, ""));
    TRY(fields.texts("group_by"));
    TRY(fields.finish());
    return rule;
}

}  // namespace

Result<Microseconds> parse_duration(std::string_view text) {
    const std::size_t unit_at = text.find_first_not_of("0123456789");
    if (unit_at != 0 && unit_at != std::string_view::npos) {
        const auto number = Decimal::parse(text.substr(0, unit_at));
        for (const auto& [unit, length] : kUnits) {
            if (unit != text.substr(unit_at) || !number)
                continue;
            const auto whole = number->to_int64();
            if (whole && *whole > 0 && *whole <= kDurationNumberMax / 1000)
                return *whole * length;
        }
    }
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("'{}' is not a length of time such as \"5m\" or \"1h\"", text)};
}

Result<std::vector<MeterRule>> read_meters(Fields& fields) {
    std::vector<MeterRule> rules;
    TRY_ASSIGN(const auto* documents, fields.list("meters"));
    for (std::size_t i = 0; i < documents->size(); ++i) {
        TRY_ASSIGN(MeterRule rule, read_meter((*documents)[i], pointer_into(fields.pointer_to("meters"), i)));
        rules.push_back(std::move(rule));
    }
    return rules;
}

}  // namespace tally::rating
