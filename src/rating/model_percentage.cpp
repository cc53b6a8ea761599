#include "rating/models.hpp"

#include <algorithm>

// percentage: a share of each transaction, within its bounds, and a fixed fee for each paid one. The first
// transactions or the first value are free; the allowance that ends first ends the other too. A transaction
// that the free value covers in part pays for the rest of its value.
namespace tally::rating {
namespace {

class Allowance {
  public:
    explicit Allowance(const PercentagePrice& price) : units_(price.free_units), amount_(price.free_amount) {}

    // What is free of a transaction of `value`; takes it off the allowance.
    Ratio take(const Ratio& value) {
        const bool open =
            (units_ || amount_) && (!units_ || units_->sign() > 0) && (!amount_ || amount_->sign() > 0);
        if (!open)
            return {};
        if (units_)
            *units_ -= Ratio(1);
        if (!amount_)
            return value;
        const Ratio free = std::min(value, *amount_);
        *amount_ -= std::max(free, Ratio());
        return free;
    }

  private:
    std::optional<Ratio> units_;
    std::optional<Ratio> amount_;
};

Ratio share_of(const PercentagePrice& price, const Ratio& value) {
    Ratio share = value * price.rate;
    if (price.transaction_min)
        share = std::max(share, Ratio(*price.transaction_min));
    if (price.transaction_max)
        share = std::min(share, Ratio(*price.transaction_max));
    return share;
}

Step make_step(const Ratio& quantity, const Decimal& unit, const Ratio& amount) {
    Step step;
    step.quantity = quantity.shown();
    step.unit = unit;
    step.amount = amount.shown();
    return step;
}

}  // namespace

Result<PercentagePrice> read_percentage(Fields& fields) {
    PercentagePrice price;
    TRY_ASSIGN(price.rate, fields.decimal("rate"));
    TRY_ASSIGN(price.fixed, fields.decimal_or("fixed", 0));
    TRY_ASSIGN(price.free_units, fields.optional_decimal("free_units", kNotNegative));
    TRY_ASSIGN(price.free_amount, fields.optional_decimal("free_amount", kNotNegative));
    TRY_ASSIGN(price.transaction_min, fields.optional_decimal("per_transaction_min"));
    TRY_ASSIGN(price.transaction_max, fields.optional_decimal("per_transaction_max"));
    if (price.transaction_min && price.transaction_max && *price.transaction_max < *price.transaction_min)
        return fields.error_at("per_transaction_max", "it is below per_transaction_min");
    return price;
}

Result<Priced> price_model(const PercentagePrice& price, const Portion& portion) {
    Allowance allowance(price);
    Ratio paid_value;
    Ratio shares;
    std::int64_t paid_count = 0;
    for (const Ratio& value : portion.transactions) {
        const Ratio free = allowance.take(value);
        const Ratio paid = value - free;
        if (!free.is_zero() && paid.is_zero())
            continue;
        paid_value += paid;
        shares += share_of(price, paid);
        ++paid_count;
    }
    const Ratio fees = Ratio(paid_count) * price.fixed;
    Priced priced{.usage = shares + fees, .flat = {}, .steps = {make_step(paid_value, price.rate, shares)}};
    if (!price.fixed.is_zero())
        priced.steps.push_back(make_step(paid_count, price.fixed, fees));
    return priced;
}

}  // namespace tally::rating
