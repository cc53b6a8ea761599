#include "rating/tiers.hpp"

// graduated_percentage: as graduated, with a share of the value instead of a unit price.
namespace tally::rating {

Result<GraduatedPercentagePrice> read_graduated_percentage(Fields& fields) {
    TRY_ASSIGN(auto tiers, read_tiers(fields, TierFields::kRate));
    return GraduatedPercentagePrice{std::move(tiers)};
}

Result<Priced> price_model(const GraduatedPercentagePrice& price, const Portion& portion) {
    TRY_ASSIGN(const auto parts, parts_by_tier(price.tiers, portion.quantity));
    Priced priced;
    for (std::size_t i = 0; i < parts.size(); ++i)
        add_tier(priced, i, price.tiers[i], parts[i], parts[i] * price.tiers[i].rate, price.tiers[i].rate);
    return priced;
}

}  // namespace tally::rating
