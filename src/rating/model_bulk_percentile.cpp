#include "rating/models.hpp"

// bulk_percentile: the percentile that the meter found (burstable billing), times a unit price.
namespace tally::rating {

Result<BulkPercentilePrice> read_bulk_percentile(Fields& fields) {
    BulkPercentilePrice price;
    TRY_ASSIGN(price.unit, fields.decimal("unit"));
    return price;
}

Result<Priced> price_model(const BulkPercentilePrice& price, const Portion& portion) {
    return price_model(UnitPrice{price.unit}, portion);
}

}  // namespace tally::rating
