#include "rating/tiers.hpp"

// volume: the tier that holds the whole quantity prices all of it.
namespace tally::rating {

Result<VolumePrice> read_volume(Fields& fields) {
    TRY_ASSIGN(auto tiers, read_tiers(fields, TierFields::kUnit));
    return VolumePrice{std::move(tiers)};
}

Result<Priced> price_model(const VolumePrice& price, const Portion& portion) {
    TRY_ASSIGN(const std::size_t index, tier_of(price.tiers, portion.quantity));
    const Tier& tier = price.tiers[index];
    Priced priced;
    add_tier(priced, index, tier, portion.quantity, price_in_tier(tier, portion.quantity), tier.unit);
    return priced;
}

}  // namespace tally::rating
