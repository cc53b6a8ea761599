#include "rating/tiers.hpp"

// graduated: each tier prices its own part of the quantity.
namespace tally::rating {

Result<GraduatedPrice> read_graduated(Fields& fields) {
    TRY_ASSIGN(auto tiers, read_tiers(fields, TierFields::kUnit));
    return GraduatedPrice{std::move(tiers)};
}

Result<Priced> price_model(const GraduatedPrice& price, const Portion& portion) {
    TRY_ASSIGN(const auto parts, parts_by_tier(price.tiers, portion.quantity));
    Priced priced;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Tier& tier = price.tiers[i];
        add_tier(priced, i, tier, parts[i], price_in_tier(tier, parts[i]), tier.unit);
    }
    return priced;
}

}  // namespace tally::rating
