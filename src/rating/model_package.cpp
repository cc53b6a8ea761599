#include "rating/models.hpp"

#include <algorithm>

// package: begun packages x price of one.
namespace tally::rating {

Result<PackagePrice> read_package(Fields& fields) {
    PackagePrice price;
    TRY_ASSIGN(price.size, fields.decimal("size", kNotNegative));
    if (price.size.is_zero())
        return fields.error_at("size", "a package has more than 0 units");
    TRY_ASSIGN(price.amount, fields.decimal("amount"));
    return price;
}

Result<Priced> price_model(const PackagePrice& price, const Portion& portion) {
    const Ratio packages = std::max((portion.quantity / price.size).ceiling(), Ratio());
    const Ratio amount = packages * price.amount;
    Step step;
    step.quantity = packages.shown();
    step.unit = price.amount;
    step.amount = amount.shown();
    return Priced{.usage = amount, .flat = {}, .steps = {std::move(step)}};
}

}  // namespace tally::rating
