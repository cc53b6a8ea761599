#include "rating/models.hpp"

// flat: the amount, whatever was used.
namespace tally::rating {

Result<FlatPrice> read_flat(Fields& fields) {
    FlatPrice price;
    TRY_ASSIGN(price.amount, fields.decimal("amount"));
    return price;
}

Result<Priced> price_model(const FlatPrice& price, const Portion& /*portion*/) {
    return Priced{.usage = {}, .flat = price.amount, .steps = {}};
}

}  // namespace tally::rating
