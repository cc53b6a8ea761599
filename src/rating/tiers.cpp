#include "rating/tiers.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tally::rating {
namespace {

Result<Tier> read_tier(const Document& document, const std::string& pointer, TierFields allowed) {
    TRY_ASSIGN(Fields fields, Fields::open(document, pointer));
    Tier tier;
    TRY_ASSIGN(tier.up_to, fields.optional_decimal("up_to", kNotNegative));
    if (allowed == TierFields::kUnit) {
        if (!fields.has("unit") && !fields.has("flat"))
            return fields.error_at("unit", "a tier needs 'unit', 'flat' or both");
        TRY_ASSIGN(tier.unit, fields.decimal_or("unit", 0));
        TRY_ASSIGN(tier.block, fields.optional_decimal("block", kNotNegative));
        if (tier.block && tier.block->is_zero())
            return fields.error_at("block", "a block has more than 0 units");
    }
    if (allowed == TierFields::kRate) {
        TRY_ASSIGN(tier.rate, fields.decimal("rate"));
    }
    if (allowed == TierFields::kFlatOnly) {
        TRY_ASSIGN(tier.flat, fields.decimal("flat"));
    } else {
        TRY_ASSIGN(tier.flat, fields.decimal_or("flat", 0));
    }
    TRY(fields.finish());
    return tier;
}

Error past_the_last(const std::vector<Tier>& tiers, const Ratio& quantity) {
    return {
        ErrorCode::kInvalidArgument,
        fmt::format("quantity {} is past the last tier, which ends at {}; give the last tier \"up_to\": null",
                    quantity.shown().normalized_str(), tiers.back().up_to->normalized_str()),
        "/tiers"};
}

}  // namespace

Result<std::vector<Tier>> read_tiers(Fields& fields, TierFields allowed) {
    TRY(fields.require("tiers"));
    TRY_ASSIGN(const auto* documents, fields.list("tiers"));
    if (documents->empty())
        return fields.error_at("tiers", "at least one tier is needed");
    std::vector<Tier> tiers;
    for (std::size_t i = 0; i < documents->size(); ++i) {
        const std::string pointer = pointer_into(fields.pointer_to("tiers"), i);
        TRY_ASSIGN(Tier tier, read_tier((*documents)[i], pointer, allowed));
        if (!tiers.empty() && !tiers.back().up_to) {
            return Error{ErrorCode::kInvalidArgument, "the tier before this one has no end (\"up_to\": null)",
                         pointer_into(pointer, "up_to")};
        }
        if (!tiers.empty() && tier.up_to && *tier.up_to <= *tiers.back().up_to) {
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("up_to {} is not above the tier before, which ends at {}",
                                     tier.up_to->str(), tiers.back().up_to->str()),
                         pointer_into(pointer, "up_to")};
        }
        tiers.push_back(std::move(tier));
    }
    return tiers;
}

Result<std::size_t> tier_of(const std::vector<Tier>& tiers, const Ratio& quantity) {
    for (std::size_t i = 0; i < tiers.size(); ++i)
        if (!tiers[i].up_to || quantity <= Ratio(*tiers[i].up_to))
            return i;
    return past_the_last(tiers, quantity);
}

Result<std::vector<Ratio>> parts_by_tier(const std::vector<Tier>& tiers, const Ratio& quantity) {
    TRY_ASSIGN(const std::size_t last, tier_of(tiers, quantity));
    std::vector<Ratio> parts;
    Ratio below;
    for (std::size_t i = 0; i < last; ++i) {
        parts.push_back(Ratio(*tiers[i].up_to) - below);
        below = *tiers[i].up_to;
    }
    parts.push_back(quantity - below);
    return parts;
}

Ratio price_in_tier(const Tier& tier, const Ratio& quantity) {
    return (tier.block ? (quantity / *tier.block).ceiling() : quantity) * tier.unit;
}

void add_tier(Priced& priced, std::size_t index, const Tier& tier, const Ratio& quantity, const Ratio& usage,
              const std::optional<Decimal>& price) {
    priced.usage += usage;
    priced.flat += tier.flat;
    Step step;
    step.tier = static_cast<std::int32_t>(index) + 1;
    step.quantity = quantity.shown();
    step.unit = price;
    step.flat = tier.flat;
    step.amount = (usage + tier.flat).shown();
    priced.steps.push_back(std::move(step));
}

}  // namespace tally::rating
