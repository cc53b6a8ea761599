#include "rating/totals.hpp"

#include <algorithm>
#include <tuple>

namespace tally::rating {
namespace {

// An amount with no fewer digits than the currency shows.
Decimal at_least_digits(const Decimal& amount, std::int32_t digits) {
    return amount.scale() < digits ? amount.rounded(digits, RoundingMode::kHalfUp) : amount;
}

// What discounts have left of each line.
class Remainders {
  public:
    Remainders(const Plan& plan, const RatedInvoice& invoice) : plan_(plan) {
        for (const RatedLine& line : invoice.lines)
            left_.push_back(line.amount);
    }

    // Takes off a share of each line, rounded as the line; what was taken.
    Decimal take_share(const ChargeLines& lines, const Decimal& rate) {
        const Rounding rounding =
            lines.charge->rounding.value_or(Rounding{plan_.currency_digits, RoundingMode::kHalfUp});
        Decimal taken;
        for (std::size_t i = lines.first; i < lines.first + lines.count; ++i)
            taken += take(i, (left_[i] * rate).rounded(rounding.scale, rounding.mode));
        return taken;
    }

    // Takes off up to `amount`, line after line; what was taken.
    Decimal take_amount(const ChargeLines& lines, const Decimal& amount) {
        Decimal taken;
        for (std::size_t i = lines.first; i < lines.first + lines.count; ++i)
            taken += take(i, amount - taken);
        return taken;
    }

    [[nodiscard]] Decimal sum(const ChargeLines& lines) const {
        Decimal sum;
        for (std::size_t i = lines.first; i < lines.first + lines.count; ++i)
            sum += left_[i];
        return sum;
    }

  private:
    Decimal take(std::size_t line, const Decimal& wanted) {
        const Decimal taken = std::max(std::min(wanted, left_[line]), Decimal(0));
        left_[line] -= taken;
        return taken;
    }

    const Plan& plan_;
    std::vector<Decimal> left_;
};

bool is_for(const Coupon& coupon, const std::string& charge) {
    return coupon.charges.empty() ||
           std::find(coupon.charges.begin(), coupon.charges.end(), charge) != coupon.charges.end();
}

Decimal apply_coupon(const Coupon& coupon, const std::vector<ChargeLines>& charges, Remainders& remainders) {
    Decimal taken;
    for (const ChargeLines& lines : charges) {
        if (!is_for(coupon, lines.charge->code))
            continue;
        taken += coupon.rate ? remainders.take_share(lines, *coupon.rate)
                             : remainders.take_amount(lines, *coupon.amount - taken);
    }
    return taken;
}

Decimal apply_discounts(const RateInput& input, const std::vector<ChargeLines>& charges,
                        Remainders& remainders) {
    Decimal taken;
    for (const ChargeLines& lines : charges)
        if (lines.charge->discount_rate)
            taken += remainders.take_share(lines, *lines.charge->discount_rate);
    for (const Coupon& coupon : input.coupons)
        taken += apply_coupon(coupon, charges, remainders);
    return taken;
}

// max, min and the plan's minimum; returns the sum that is taxed.
Decimal apply_bounds(const Plan& plan, const std::vector<ChargeLines>& charges, bool active,
                     const Remainders& remainders, RatedInvoice& invoice) {
    Decimal sum;
    for (const ChargeLines& lines : charges) {
        Decimal amount = remainders.sum(lines);
        if (lines.charge->max && amount > *lines.charge->max) {
            invoice.discounts += amount - *lines.charge->max;
            amount = *lines.charge->max;
        }
        if (active && lines.charge->min && amount < *lines.charge->min) {
            invoice.minimum_adjustment += *lines.charge->min - amount;
            amount = *lines.charge->min;
        }
        sum += amount;
    }
    if (active && plan.minimum && sum < *plan.minimum) {
        invoice.minimum_adjustment += *plan.minimum - sum;
        sum = *plan.minimum;
    }
    return sum;
}

Decimal tax_on(const Plan& plan, const Decimal& sum) {
    if (!plan.tax)
        return 0;
    const Decimal divisor = plan.tax->inclusive ? plan.tax->rate + 1 : Decimal(1);
    return Decimal::divide(sum * plan.tax->rate, divisor, plan.currency_digits, RoundingMode::kHalfUp);
}

bool is_used_before(const Credit* a, const Credit* b) {
    const auto key = [](const Credit& credit) {
        return std::tuple(credit.priority, credit.expires.value_or(Instant::max()),
                          std::string_view(credit.code));
    };
    return key(*a) < key(*b);
}

// Pays the total from the credits that are alive at the period's end.
void apply_credits(const RateInput& input, std::int32_t digits, RatedInvoice& invoice) {
    std::vector<const Credit*> alive;
    for (const Credit& credit : input.credits)
        if (!credit.expires || *credit.expires > input.period.to)
            alive.push_back(&credit);
    std::stable_sort(alive.begin(), alive.end(), is_used_before);
    for (const Credit* credit : alive) {
        const Decimal used = std::max(std::min(credit->amount, invoice.total), Decimal(0));
        invoice.total -= used;
        invoice.credits += used;
        invoice.credit_uses.push_back(
            {credit->code, at_least_digits(used, digits), at_least_digits(credit->amount - used, digits)});
    }
}

}  // namespace

void add_totals(const Plan& plan, const RateInput& input, const std::vector<ChargeLines>& charges,
                bool active, RatedInvoice& invoice) {
    for (const RatedLine& line : invoice.lines)
        invoice.subtotal += line.amount;
    Remainders remainders(plan, invoice);
    invoice.discounts = apply_discounts(input, charges, remainders);
    const Decimal sum = apply_bounds(plan, charges, active, remainders, invoice);
    invoice.tax = tax_on(plan, sum);
    invoice.total = plan.tax && !plan.tax->inclusive ? sum + invoice.tax : sum;
    apply_credits(input, plan.currency_digits, invoice);
    for (Decimal* amount : {&invoice.subtotal, &invoice.discounts, &invoice.minimum_adjustment, &invoice.tax,
                            &invoice.credits, &invoice.total})
        *amount = at_least_digits(*amount, plan.currency_digits);
}

}  // namespace tally::rating
