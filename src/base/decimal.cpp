#include "base/decimal.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include <boost/multiprecision/cpp_int.hpp>
#include <fmt/format.h>

namespace tally {

using BigInt = boost::multiprecision::cpp_int;
__extension__ using UnsignedInt128 = unsigned __int128;

// Invariant: a Decimal has a Big if and only if its coefficient does not fit in ±(2^127 - 1).
struct Decimal::Big {
    BigInt coefficient;
};

namespace {

constexpr std::size_t kTextSizeMax = 200;
constexpr std::int32_t kExponentMax = 100;
constexpr Int128 kSmallMax = static_cast<Int128>(~UnsignedInt128{0} >> 1);
constexpr std::int32_t kSmallPowerMax = 38;  // 10^38 is the largest power of ten below 2^127

constexpr auto kPowersOfTen = [] {
    std::array<Int128, kSmallPowerMax + 1> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i)
        powers[i] = powers[i - 1] * 10;
    return powers;
}();

constexpr std::array<std::pair<std::string_view, RoundingMode>, 7> kRoundingModes{{
    {"half_up", RoundingMode::kHalfUp},
    {"half_even", RoundingMode::kHalfEven},
    {"half_down", RoundingMode::kHalfDown},
    {"up", RoundingMode::kUp},
    {"down", RoundingMode::kDown},
    {"ceiling", RoundingMode::kCeiling},
    {"floor", RoundingMode::kFloor},
}};

BigInt to_big(Int128 value) {
    const bool negative = value < 0;
    const auto magnitude = negative ? UnsignedInt128{0} - static_cast<UnsignedInt128>(value)
                                    : static_cast<UnsignedInt128>(value);
    BigInt big = static_cast<std::uint64_t>(magnitude >> 64);
    big <<= 64;
    big += static_cast<std::uint64_t>(magnitude);
    return negative ? BigInt(-big) : big;
}

Int128 magnitude_of(Int128 value) {
    return value < 0 ? -value : value;
}

BigInt magnitude_of(const BigInt& value) {
    return abs(value);
}

bool is_odd(Int128 value) {
    return value % 2 != 0;
}

bool is_odd(const BigInt& value) {
    return bit_test(magnitude_of(value), 0);
}

BigInt big_power_of_ten(std::int32_t exponent) {
    return pow(BigInt(10), static_cast<unsigned>(exponent));
}

// Whether the truncated quotient has to move one away from zero. `half` compares the remainder with half the
// divisor.
bool rounds_away(RoundingMode mode, std::strong_ordering half, bool quotient_odd, bool negative) {
    switch (mode) {
        case RoundingMode::kHalfUp: return half >= 0;
        case RoundingMode::kHalfEven: return half > 0 || (half == 0 && quotient_odd);
        case RoundingMode::kHalfDown: return half > 0;
        case RoundingMode::kUp: return true;
        case RoundingMode::kDown: return false;
        case RoundingMode::kCeiling: return !negative;
        case RoundingMode::kFloor: return negative;
    }
    TALLY_ASSERT(false, "a rounding mode has a name");
}

template <class Int>
Int rounded_quotient(const Int& dividend, const Int& divisor, RoundingMode mode) {
    Int quotient = dividend / divisor;
    const Int remainder = dividend % divisor;
    if (remainder == 0)
        return quotient;
    const bool negative = (dividend < 0) != (divisor < 0);
    // |remainder| against |divisor| - |remainder| instead of 2 x |remainder| against |divisor|: no overflow.
    const Int below = magnitude_of(remainder);
    const Int above = magnitude_of(divisor) - below;
    const auto half = below < above    ? std::strong_ordering::less
                      : below == above ? std::strong_ordering::equal
                                       : std::strong_ordering::greater;
    if (rounds_away(mode, half, is_odd(quotient), negative))
        quotient += negative ? -1 : 1;
    return quotient;
}

std::optional<Int128> times_power_of_ten(Int128 value, std::int32_t exponent) {
    if (value == 0)
        return value;
    if (exponent > kSmallPowerMax)
        return std::nullopt;
    Int128 product = 0;
    if (__builtin_mul_overflow(value, kPowersOfTen[static_cast<std::size_t>(exponent)], &product))
        return std::nullopt;
    return product;
}

// The digits of a number as it is written, before they become a coefficient.
struct Digits {
    bool negative = false;
    std::string text;
    std::int32_t scale = 0;
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Moves the digits at the front of `rest` to the end of `digits`; the number of them.
std::size_t take_digits(std::string_view& rest, std::string& digits) {
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_digit);
    const auto count = static_cast<std::size_t>(end - rest.begin());
    digits.append(rest.substr(0, count));
    rest.remove_prefix(count);
    return count;
}

bool take_sign(std::string_view& rest) {
    if (rest.empty() || (rest.front() != '-' && rest.front() != '+'))
        return false;
    const bool negative = rest.front() == '-';
    rest.remove_prefix(1);
    return negative;
}

std::optional<std::int32_t> take_exponent(std::string_view& rest) {
    if (rest.empty() || (rest.front() != 'e' && rest.front() != 'E'))
        return 0;
    rest.remove_prefix(1);
    const bool negative = take_sign(rest);
    std::string digits;
    if (take_digits(rest, digits) == 0 || digits.size() > 3)
        return std::nullopt;
    const auto exponent = static_cast<std::int32_t>(std::stoi(digits));
    if (exponent > kExponentMax)
        return std::nullopt;
    return negative ? -exponent : exponent;
}

std::optional<Digits> read_digits(std::string_view text) {
    if (text.size() > kTextSizeMax)
        return std::nullopt;
    Digits digits;
    digits.negative = take_sign(text);
    std::size_t count = take_digits(text, digits.text);
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        const std::size_t fraction = take_digits(text, digits.text);
        if (fraction == 0)
            return std::nullopt;
        digits.scale = static_cast<std::int32_t>(fraction);
        count += fraction;
    }
    const auto exponent = take_exponent(text);
    if (count == 0 || !exponent || !text.empty())
        return std::nullopt;
    digits.scale -= *exponent;
    if (digits.scale < 0) {
        digits.text.append(static_cast<std::size_t>(-digits.scale), '0');
        digits.scale = 0;
    }
    digits.text.erase(0, std::min(digits.text.find_first_not_of('0'), digits.text.size() - 1));
    return digits;
}

std::string small_str(Int128 value) {
    std::array<char, 40> buffer{};
    auto magnitude = static_cast<UnsignedInt128>(magnitude_of(value));
    std::size_t at = buffer.size();
    do {
        buffer[--at] = static_cast<char>('0' + static_cast<int>(magnitude % 10));
        magnitude /= 10;
    } while (magnitude != 0);
    if (value < 0)
        buffer[--at] = '-';
    return {buffer.begin() + static_cast<std::ptrdiff_t>(at), buffer.end()};
}

}  // namespace

// The only way to the inside of a Decimal: both sizes of coefficient behind one face.
struct DecimalAccess {
    static bool is_small(const Decimal& a) { return a.big_ == nullptr; }

    static Int128 small(const Decimal& a) { return a.small_; }

    static BigInt big(const Decimal& a) { return a.big_ ? a.big_->coefficient : to_big(a.small_); }

    static Decimal make_small(Int128 coefficient, std::int32_t scale) {
        if (coefficient < -kSmallMax)
            return make(to_big(coefficient), scale);
        Decimal result;
        result.small_ = coefficient;
        result.scale_ = scale;
        return result;
    }

    static Decimal make(BigInt coefficient, std::int32_t scale) {
        const BigInt magnitude = magnitude_of(coefficient);
        if (magnitude == 0 || msb(magnitude) < 127) {
            const BigInt high = magnitude >> 64;
            const BigInt low = magnitude & std::numeric_limits<std::uint64_t>::max();
            const auto value =
                static_cast<Int128>((static_cast<UnsignedInt128>(high.convert_to<std::uint64_t>()) << 64) |
                                    low.convert_to<std::uint64_t>());
            return make_small(coefficient < 0 ? -value : value, scale);
        }
        Decimal result;
        result.scale_ = scale;
        result.big_ = std::make_shared<const Decimal::Big>(Decimal::Big{std::move(coefficient)});
        return result;
    }

    static BigInt big_at_scale(const Decimal& a, std::int32_t scale) {
        return big(a) * big_power_of_ten(scale - a.scale_);
    }

    static std::optional<Int128> small_at_scale(const Decimal& a, std::int32_t scale) {
        if (!is_small(a))
            return std::nullopt;
        return times_power_of_ten(a.small_, scale - a.scale_);
    }

    // round(a x 10^exponent / b) as a whole number of 10^-scale.
    static Decimal quotient(const Decimal& a, const Decimal& b, std::int32_t exponent, std::int32_t scale,
                            RoundingMode mode) {
        if (is_small(a) && is_small(b)) {
            const auto dividend = times_power_of_ten(a.small_, std::max(exponent, 0));
            const auto divisor = times_power_of_ten(b.small_, std::max(-exponent, 0));
            if (dividend && divisor)
                return make_small(rounded_quotient(*dividend, *divisor, mode), scale);
        }
        const BigInt dividend = big(a) * big_power_of_ten(std::max(exponent, 0));
        const BigInt divisor = big(b) * big_power_of_ten(std::max(-exponent, 0));
        return make(rounded_quotient(dividend, divisor, mode), scale);
    }
};

Result<RoundingMode> parse_rounding_mode(std::string_view name) {
    for (const auto& [known, mode] : kRoundingModes)
        if (known == name)
            return mode;
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format(
            "'{}' is not a rounding mode; use half_up, half_even, half_down, up, down, ceiling or floor",
            name)};
}

std::string_view rounding_mode_name(RoundingMode mode) {
    for (const auto& [name, known] : kRoundingModes)
        if (known == mode)
            return name;
    TALLY_ASSERT(false, "a rounding mode has a name");
}

Result<Decimal> Decimal::parse(std::string_view text) {
    const auto digits = read_digits(text);
    if (!digits) {
        return Error{
            ErrorCode::kInvalidArgument,
            fmt::format(
                "'{}' is not a decimal number such as 12.50 (at most {} characters, exponent within ±{})",
                text.substr(0, kTextSizeMax), kTextSizeMax, kExponentMax)};
    }
    if (digits->text.size() > static_cast<std::size_t>(kSmallPowerMax)) {
        const BigInt coefficient(digits->text);
        return DecimalAccess::make(digits->negative ? BigInt(-coefficient) : coefficient, digits->scale);
    }
    Int128 coefficient = 0;
    for (const char digit : digits->text)
        coefficient = coefficient * 10 + (digit - '0');
    return DecimalAccess::make_small(digits->negative ? -coefficient : coefficient, digits->scale);
}

Decimal Decimal::from_coefficient(Int128 coefficient, std::int32_t scale) {
    return DecimalAccess::make_small(coefficient, scale);
}

std::string Decimal::str() const {
    std::string text = big_ ? big_->coefficient.str() : small_str(small_);
    if (scale_ <= 0) {
        if (sign() != 0)
            text.append(static_cast<std::size_t>(-scale_), '0');
        return text;
    }
    const std::size_t digits_at = text.front() == '-' ? 1 : 0;
    const auto scale = static_cast<std::size_t>(scale_);
    if (text.size() - digits_at <= scale)
        text.insert(digits_at, scale + 1 - (text.size() - digits_at), '0');
    text.insert(text.size() - scale, 1, '.');
    return text;
}

std::string Decimal::normalized_str() const {
    std::string text = str();
    if (scale_ <= 0)
        return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.')
        text.pop_back();
    return text;
}

int Decimal::sign() const {
    if (big_)
        return big_->coefficient.sign();
    return small_ < 0 ? -1 : (small_ > 0 ? 1 : 0);
}

Decimal Decimal::operator-() const {
    if (!big_)
        return DecimalAccess::make_small(-small_, scale_);
    return DecimalAccess::make(-big_->coefficient, scale_);
}

Decimal operator+(const Decimal& a, const Decimal& b) {
    const std::int32_t scale = std::max(a.scale_, b.scale_);
    const auto left = DecimalAccess::small_at_scale(a, scale);
    const auto right = DecimalAccess::small_at_scale(b, scale);
    Int128 sum = 0;
    if (left && right && !__builtin_add_overflow(*left, *right, &sum))
        return DecimalAccess::make_small(sum, scale);
    return DecimalAccess::make(DecimalAccess::big_at_scale(a, scale) + DecimalAccess::big_at_scale(b, scale),
                               scale);
}

Decimal operator-(const Decimal& a, const Decimal& b) {
    return a + -b;
}

Decimal operator*(const Decimal& a, const Decimal& b) {
    const std::int32_t scale = a.scale_ + b.scale_;
    Int128 product = 0;
    if (!a.big_ && !b.big_ && !__builtin_mul_overflow(a.small_, b.small_, &product))
        return DecimalAccess::make_small(product, scale);
    return DecimalAccess::make(DecimalAccess::big(a) * DecimalAccess::big(b), scale);
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
    const std::int32_t scale = std::max(a.scale_, b.scale_);
    const auto left = DecimalAccess::small_at_scale(a, scale);
    const auto right = DecimalAccess::small_at_scale(b, scale);
    if (left && right) {
        if (*left == *right)
            return std::strong_ordering::equal;
        return *left < *right ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    const int order = DecimalAccess::big_at_scale(a, scale).compare(DecimalAccess::big_at_scale(b, scale));
    return order <=> 0;
}

Decimal Decimal::rounded(std::int32_t scale, RoundingMode mode) const {
    return DecimalAccess::quotient(*this, Decimal(1), scale - scale_, scale, mode);
}

Decimal Decimal::divide(const Decimal& a, const Decimal& b, std::int32_t scale, RoundingMode mode) {
    TALLY_ASSERT(!b.is_zero(), "the divisor is checked by the caller");
    return DecimalAccess::quotient(a, b, scale - a.scale_ + b.scale_, scale, mode);
}

Decimal Decimal::floor_div(const Decimal& a, const Decimal& b) {
    TALLY_ASSERT(b.sign() > 0, "the divisor is checked by the caller");
    return divide(a, b, 0, RoundingMode::kFloor);
}

Result<std::int64_t> Decimal::to_int64() const {
    const Decimal whole = rounded(0, RoundingMode::kDown);
    constexpr Int128 kMax = std::numeric_limits<std::int64_t>::max();
    if (whole != *this || whole.big_ || whole.small_ > kMax || whole.small_ < -kMax - 1) {
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{} is not a whole number within 64 bits", normalized_str())};
    }
    return static_cast<std::int64_t>(whole.small_);
}

}  // namespace tally
