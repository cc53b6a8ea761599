#include "base/decimal.hpp"

#include <array>
#include <limits>

#include <gtest/gtest.h>

namespace tally {
namespace {

using enum RoundingMode;

Decimal dec(std::string_view text) {
    return Decimal::parse(text).value();
}

TEST(Decimal, KeepsTheDigitsItWasWrittenWith) {
    EXPECT_EQ(dec("12.50").str(), "12.50");
    EXPECT_EQ(dec("12.50").normalized_str(), "12.5");
    EXPECT_EQ(dec(".5").str(), "0.5");
    EXPECT_EQ(dec("-.05").str(), "-0.05");
    EXPECT_EQ(dec("+3").str(), "3");
    EXPECT_EQ(dec("007.100").str(), "7.100");
    EXPECT_EQ(dec("1e-9").str(), "0.000000001");
    EXPECT_EQ(dec("1.5E3").str(), "1500");
    EXPECT_EQ(dec("100").normalized_str(), "100");
    EXPECT_EQ(dec("5.000").normalized_str(), "5");
}

TEST(Decimal, ZeroHasNoSign) {
    EXPECT_EQ(dec("-0").str(), "0");
    EXPECT_EQ(dec("-0.00").str(), "0.00");
    EXPECT_EQ((-dec("0.0")).str(), "0.0");
    EXPECT_EQ(Decimal().str(), "0");
    EXPECT_TRUE(dec("0e5").is_zero());
    EXPECT_EQ(dec("-0.004").rounded(2, kHalfUp).str(), "0.00");
}

TEST(Decimal, RefusesWhatIsNoNumber) {
    for (const char* text : {"",    "-",   "+",  ".",  "1.",  "e5",   "1e",  "1e101", "1e-101", "1e1000",
                             "inf", "nan", " 1", "1 ", "1,5", "0x10", "--1", "1.2.3", "1e+",    "\xD9\xA1"}) {
        const auto parsed = Decimal::parse(text);
        ASSERT_FALSE(parsed.ok()) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
        EXPECT_NE(parsed.error().message.find(text), std::string::npos);
    }
    EXPECT_TRUE(Decimal::parse(std::string(200, '9')).ok());
    EXPECT_FALSE(Decimal::parse(std::string(201, '9')).ok());
}

TEST(Decimal, AddsAndSubtractsExactly) {
    EXPECT_EQ((dec("0.1") + dec("0.2")).str(), "0.3");
    EXPECT_EQ((dec("1") - dec("0.01")).str(), "0.99");
    EXPECT_EQ((dec("-5") + dec("5.000")).str(), "0.000");
    Decimal sum;
    for (int i = 0; i < 1000; ++i)
        sum += dec("0.001");
    EXPECT_EQ(sum, Decimal(1));
}

TEST(Decimal, GrowsBeyond128Bits) {
    const Decimal largest = dec("170141183460469231731687303715884105727");  // 2^127 - 1
    EXPECT_EQ((largest + 1).str(), "170141183460469231731687303715884105728");
    EXPECT_EQ((largest + 1 - 1).str(), largest.str());
    EXPECT_EQ((-largest - 1).str(), "-170141183460469231731687303715884105728");
    EXPECT_EQ((-largest - 1 + largest).str(), "-1");
    EXPECT_EQ((largest * largest).str(),
              "28948022309329048855892746252171976962977213799489202546401021394546514198529");
    EXPECT_EQ(Decimal::divide(largest * largest, largest, 0, kDown), largest);
    EXPECT_EQ(Decimal::from_coefficient(std::numeric_limits<std::int64_t>::min(), 2).str(),
              "-92233720368547758.08");
    EXPECT_LT(largest, largest + 1);
    EXPECT_GT(-largest, -largest - 1);
    EXPECT_EQ((largest + 1).sign(), 1);
    EXPECT_EQ((-largest - 1).sign(), -1);
}

TEST(Decimal, TheSmallest128BitNumberIsALargeOne) {
    const auto smallest = static_cast<Int128>(1) << 126;
    const Decimal value = Decimal::from_coefficient(-smallest - smallest, 0);
    EXPECT_EQ(value.str(), "-170141183460469231731687303715884105728");
    EXPECT_EQ((-value).str(), "170141183460469231731687303715884105728");
}

TEST(Decimal, MultipliesWithTheSumOfScales) {
    EXPECT_EQ((dec("1.50") * dec("0.10")).str(), "0.1500");
    EXPECT_EQ((dec("-3") * dec("0.333")).str(), "-0.999");
    EXPECT_EQ((dec("123456789012345678901234567890") * dec("0.000000000001")).str(),
              "123456789012345678.901234567890");
}

TEST(Decimal, ComparesValuesNotDigits) {
    EXPECT_EQ(dec("1.0"), dec("1.00"));
    EXPECT_LT(dec("-1"), dec("0.001"));
    EXPECT_GT(dec("1e50"), dec("9.99"));
    EXPECT_LT(dec("1e-60"), dec("1e-59"));
    EXPECT_EQ(dec("1e90"), dec("10e89"));
}

struct RoundingRow {
    const char* value;
    std::array<const char*, 7> rounded;  // half_up half_even half_down up down ceiling floor
};

constexpr std::array<RoundingMode, 7> kModes{kHalfUp, kHalfEven, kHalfDown, kUp, kDown, kCeiling, kFloor};

TEST(Decimal, RoundsByEveryMode) {
    const std::array<RoundingRow, 12> rows{{
        {"2.5", {"3", "2", "2", "3", "2", "3", "2"}},
        {"3.5", {"4", "4", "3", "4", "3", "4", "3"}},
        {"-2.5", {"-3", "-2", "-2", "-3", "-2", "-2", "-3"}},
        {"-3.5", {"-4", "-4", "-3", "-4", "-3", "-3", "-4"}},
        {"2.4", {"2", "2", "2", "3", "2", "3", "2"}},
        {"2.6", {"3", "3", "3", "3", "2", "3", "2"}},
        {"-2.4", {"-2", "-2", "-2", "-3", "-2", "-2", "-3"}},
        {"-2.6", {"-3", "-3", "-3", "-3", "-2", "-2", "-3"}},
        {"0.5", {"1", "0", "0", "1", "0", "1", "0"}},
        {"-0.5", {"-1", "0", "0", "-1", "0", "0", "-1"}},
        {"2.50000000000000000000000000000000000000001", {"3", "3", "3", "3", "2", "3", "2"}},
        {"7", {"7", "7", "7", "7", "7", "7", "7"}},
    }};
    for (const RoundingRow& row : rows)
        for (std::size_t i = 0; i < kModes.size(); ++i)
            EXPECT_EQ(dec(row.value).rounded(0, kModes[i]).str(), row.rounded[i])
                << row.value << " " << rounding_mode_name(kModes[i]);
}

TEST(Decimal, RoundsToAnyScale) {
    EXPECT_EQ(dec("10.538").rounded(2, kHalfUp).str(), "10.54");
    EXPECT_EQ(dec("10.5").rounded(4, kHalfUp).str(), "10.5000");
    EXPECT_EQ(dec("1550").rounded(-2, kHalfEven).str(), "1600");
    EXPECT_EQ(dec("1450").rounded(-2, kHalfEven).str(), "1400");
    EXPECT_EQ(dec("49").rounded(-2, kHalfUp).str(), "0");
    EXPECT_EQ(dec("1e60").rounded(2, kHalfUp).str().size(), 64U);
}

TEST(Decimal, DividesToTheScaleAskedFor) {
    EXPECT_EQ(Decimal::divide(1, 3, 5, kHalfUp).str(), "0.33333");
    EXPECT_EQ(Decimal::divide(2, 3, 5, kHalfUp).str(), "0.66667");
    EXPECT_EQ(Decimal::divide(-2, 3, 0, kFloor).str(), "-1");
    EXPECT_EQ(Decimal::divide(2, -3, 0, kCeiling).str(), "0");
    EXPECT_EQ(Decimal::divide(dec("0.001"), dec("1000"), 6, kHalfUp).str(), "0.000001");
    EXPECT_EQ(Decimal::divide(dec("1e40"), dec("1e-40"), 0, kHalfUp), dec("1e80"));
    EXPECT_EQ(Decimal::divide(dec("49.00") * 1900800, 2678400, 2, kHalfUp).str(), "34.77");
}

TEST(Decimal, CountsHowOftenOneGoesIntoAnother) {
    EXPECT_EQ(Decimal::floor_div(10, 3), Decimal(3));
    EXPECT_EQ(Decimal::floor_div(-10, 3), Decimal(-4));
    EXPECT_EQ(Decimal::floor_div(dec("0.3"), dec("0.1")), Decimal(3));
}

TEST(Decimal, BecomesAnIntegerOnlyWhenItIsOne) {
    EXPECT_EQ(dec("42.000").to_int64().value(), 42);
    EXPECT_EQ(dec("-9223372036854775808").to_int64().value(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(dec("9223372036854775807").to_int64().value(), std::numeric_limits<std::int64_t>::max());
    for (const char* text : {"42.5", "9223372036854775808", "-9223372036854775809", "1e50"})
        EXPECT_FALSE(dec(text).to_int64().ok()) << text;
}

TEST(RoundingMode, HasOneNameEach) {
    for (const RoundingMode mode : kModes)
        EXPECT_EQ(parse_rounding_mode(rounding_mode_name(mode)).value(), mode);
    EXPECT_FALSE(parse_rounding_mode("bankers").ok());
}

}  // namespace
}  // namespace tally
