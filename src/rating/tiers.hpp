#pragma once

#include "base/result.hpp"
#include "rating/fields.hpp"
#include "rating/models.hpp"
#include "rating/plan.hpp"
#include "rating/ratio.hpp"

#include <string_view>
#include <vector>

// What the models with tiers have in common: reading them, finding the one that holds a quantity, pricing a
// part.
namespace tally::rating {

// Which fields a tier of the model may have besides up_to and flat.
enum class TierFields { kUnit, kRate, kFlatOnly };

// "tiers": at least one, up_to rising, none after an open one.
Result<std::vector<Tier>> read_tiers(Fields& fields, TierFields allowed);

// The number of the tier that holds the whole quantity; an error when it is past the last one.
Result<std::size_t> tier_of(const std::vector<Tier>& tiers, const Ratio& quantity);

// The part of `quantity` in each tier that it reaches, from the first on; an error when it is past the last
// one.
Result<std::vector<Ratio>> parts_by_tier(const std::vector<Tier>& tiers, const Ratio& quantity);

// quantity x price, per unit or per begun block.
Ratio price_in_tier(const Tier& tier, const Ratio& quantity);

// Adds a tier's usage and flat amounts and the step that shows them. `price` is the unit price or the rate.
void add_tier(Priced& priced, std::size_t index, const Tier& tier, const Ratio& quantity, const Ratio& usage,
              const std::optional<Decimal>& price);

}  // namespace tally::rating
