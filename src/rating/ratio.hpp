#pragma once

#include "base/decimal.hpp"

#include <compare>
#include <cstdint>

namespace tally::rating {

// An exact fraction of two decimals, so that prices can be divided (proration, conversion) and still be
// rounded only once, at the end. A value; nothing in it rounds except rounded() and shown().
class Ratio {
  public:
    Ratio() = default;  // 0

    Ratio(Decimal value)  // NOLINT(google-explicit-constructor): every decimal is a ratio
        : numerator_(std::move(value)) {}

    Ratio(std::int64_t value)  // NOLINT(google-explicit-constructor)
        : numerator_(value) {}

    // `denominator` must not be zero (asserted).
    static Ratio of(const Decimal& numerator, const Decimal& denominator);

    Ratio operator-() const;
    friend Ratio operator+(const Ratio& a, const Ratio& b);

    friend Ratio operator-(const Ratio& a, const Ratio& b) { return a + -b; }

    friend Ratio operator*(const Ratio& a, const Ratio& b);
    // b must not be zero (asserted).
    friend Ratio operator/(const Ratio& a, const Ratio& b);

    Ratio& operator+=(const Ratio& b) { return *this = *this + b; }

    Ratio& operator-=(const Ratio& b) { return *this = *this - b; }

    friend std::strong_ordering operator<=>(const Ratio& a, const Ratio& b);

    friend bool operator==(const Ratio& a, const Ratio& b) { return (a <=> b) == 0; }

    [[nodiscard]] int sign() const { return numerator_.sign(); }

    [[nodiscard]] bool is_zero() const { return numerator_.is_zero(); }

    [[nodiscard]] Decimal rounded(std::int32_t scale, RoundingMode mode) const;

    [[nodiscard]] Ratio ceiling() const { return rounded(0, RoundingMode::kCeiling); }

    // For people: exact where a decimal can be, else to 12 digits behind the point.
    [[nodiscard]] Decimal shown() const;

  private:
    Decimal numerator_;
    Decimal denominator_ = 1;  // positive
};

}  // namespace tally::rating
