#pragma once

#include "base/result.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tally {

__extension__ using Int128 = __int128;

enum class RoundingMode { kHalfUp, kHalfEven, kHalfDown, kUp, kDown, kCeiling, kFloor };

// "half_up", "half_even", "half_down", "up", "down", "ceiling", "floor".
Result<RoundingMode> parse_rounding_mode(std::string_view name);
std::string_view rounding_mode_name(RoundingMode mode);

// An exact decimal number: coefficient x 10^-scale, of any size. A value, thread-safe to read. Addition,
// subtraction and multiplication are exact and cannot fail; nothing rounds unless its name and arguments say
// so. Coefficients up to 127 bits need no memory of their own; larger ones do.
class Decimal {
  public:
    Decimal() = default;  // 0

    Decimal(std::int64_t whole)  // NOLINT(google-explicit-constructor): integers are decimals
        : small_(whole) {}

    // "-12.50", ".5", "1e-9", "+3". No blanks, no inf, no nan, at most 200 characters, exponent within ±100.
    // kInvalidArgument shows the text.
    static Result<Decimal> parse(std::string_view text);
    static Decimal from_coefficient(Int128 coefficient, std::int32_t scale);

    // Plain notation with exactly the digits of its scale, no exponent: "12.50". Never "-0".
    [[nodiscard]] std::string str() const;
    // As str(), without trailing zeros behind the point: "12.5".
    [[nodiscard]] std::string normalized_str() const;

    [[nodiscard]] int sign() const;  // -1, 0, 1

    [[nodiscard]] bool is_zero() const { return sign() == 0; }

    [[nodiscard]] std::int32_t scale() const { return scale_; }

    Decimal operator-() const;
    friend Decimal operator+(const Decimal& a, const Decimal& b);
    friend Decimal operator-(const Decimal& a, const Decimal& b);
    friend Decimal operator*(const Decimal& a, const Decimal& b);

    Decimal& operator+=(const Decimal& b) { return *this = *this + b; }

    Decimal& operator-=(const Decimal& b) { return *this = *this - b; }

    // Compares values: 1.0 equals 1.00.
    friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);

    friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

    // To `scale` digits behind the point (negative: tens, hundreds, ...). The result has that scale.
    [[nodiscard]] Decimal rounded(std::int32_t scale, RoundingMode mode) const;
    // a / b to `scale` digits; b must not be zero (asserted).
    static Decimal divide(const Decimal& a, const Decimal& b, std::int32_t scale, RoundingMode mode);
    // The whole number of times b goes into a, towards negative infinity; b must be positive (asserted).
    static Decimal floor_div(const Decimal& a, const Decimal& b);

    // The value as an int64 when it is whole and fits.
    [[nodiscard]] Result<std::int64_t> to_int64() const;

  private:
    struct Big;  // a larger coefficient; set only when small_ cannot hold it
    friend struct DecimalAccess;

    Int128 small_ = 0;
    std::int32_t scale_ = 0;
    std::shared_ptr<const Big> big_;  // shared: immutable, copied with every value
};

}  // namespace tally
