#include "rating/ratio.hpp"

#include "base/assert.hpp"

namespace tally::rating {
namespace {

constexpr std::int32_t kShownDigits = 12;

}  // namespace

Ratio Ratio::of(const Decimal& numerator, const Decimal& denominator) {
    TALLY_ASSERT(!denominator.is_zero(), "the divisor is checked by the caller");
    Ratio ratio;
    ratio.numerator_ = denominator.sign() < 0 ? -numerator : numerator;
    ratio.denominator_ = denominator.sign() < 0 ? -denominator : denominator;
    return ratio;
}

Ratio Ratio::operator-() const {
    return of(-numerator_, denominator_);
}

Ratio operator+(const Ratio& a, const Ratio& b) {
    if (a.denominator_ == b.denominator_)
        return Ratio::of(a.numerator_ + b.numerator_, a.denominator_);
    return Ratio::of(a.numerator_ * b.denominator_ + b.numerator_ * a.denominator_,
                     a.denominator_ * b.denominator_);
}

Ratio operator*(const Ratio& a, const Ratio& b) {
    return Ratio::of(a.numerator_ * b.numerator_, a.denominator_ * b.denominator_);
}

Ratio operator/(const Ratio& a, const Ratio& b) {
    return Ratio::of(a.numerator_ * b.denominator_, a.denominator_ * b.numerator_);
}

std::strong_ordering operator<=>(const Ratio& a, const Ratio& b) {
    return a.numerator_ * b.denominator_ <=> b.numerator_ * a.denominator_;
}

Decimal Ratio::rounded(std::int32_t scale, RoundingMode mode) const {
    return Decimal::divide(numerator_, denominator_, scale, mode);
}

Decimal Ratio::shown() const {
    if (denominator_ == Decimal(1))
        return numerator_;
    return rounded(kShownDigits, RoundingMode::kHalfEven);
}

}  // namespace tally::rating
