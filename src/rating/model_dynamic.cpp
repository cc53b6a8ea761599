#include "rating/models.hpp"

// dynamic: the price came with the events; what they add up to, times a multiplier.
namespace tally::rating {

Result<DynamicPrice> read_dynamic(Fields& fields) {
    DynamicPrice price;
    TRY_ASSIGN(price.multiplier, fields.decimal_or("multiplier", 1));
    return price;
}

Result<Priced> price_model(const DynamicPrice& price, const Portion& portion) {
    return price_model(UnitPrice{price.multiplier}, portion);
}

}  // namespace tally::rating
