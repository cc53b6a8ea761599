#include "rating/models.hpp"

// unit: quantity x price of one.
namespace tally::rating {

Result<UnitPrice> read_unit(Fields& fields) {
    UnitPrice price;
    TRY_ASSIGN(price.unit, fields.decimal("unit"));
    return price;
}

Result<Priced> price_model(const UnitPrice& price, const Portion& portion) {
    const Ratio amount = portion.quantity * price.unit;
    Step step;
    step.quantity = portion.quantity.shown();
    step.unit = price.unit;
    step.amount = amount.shown();
    return Priced{.usage = amount, .flat = {}, .steps = {std::move(step)}};
}

}  // namespace tally::rating
