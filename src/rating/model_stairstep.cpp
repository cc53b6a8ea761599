#include "rating/tiers.hpp"

// stairstep: the flat amount of the tier that holds the whole quantity.
namespace tally::rating {

Result<StairstepPrice> read_stairstep(Fields& fields) {
    TRY_ASSIGN(auto tiers, read_tiers(fields, TierFields::kFlatOnly));
    return StairstepPrice{std::move(tiers)};
}

Result<Priced> price_model(const StairstepPrice& price, const Portion& portion) {
    TRY_ASSIGN(const std::size_t index, tier_of(price.tiers, portion.quantity));
    Priced priced;
    add_tier(priced, index, price.tiers[index], portion.quantity, {}, std::nullopt);
    return priced;
}

}  // namespace tally::rating
