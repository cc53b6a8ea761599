#include "rating/ratio.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

Ratio third() {
    return Ratio::of(1, 3);
}

TEST(Ratio, StaysExactWhereNoDecimalIs) {
    EXPECT_EQ(third() + third() + third(), Ratio(1));
    EXPECT_EQ(third() * 3, Ratio(1));
    EXPECT_EQ(Ratio(10) / 3 * 3, Ratio(10));
    EXPECT_EQ(third() - third(), Ratio());
}

TEST(Ratio, ComparesByValue) {
    EXPECT_EQ(Ratio::of(2, 6), third());
    EXPECT_EQ(Ratio::of(-1, -3), third());
    EXPECT_LT(third(), Ratio(Decimal::from_coefficient(34, 2)));
    EXPECT_GT(third(), Ratio(Decimal::from_coefficient(33, 2)));
    EXPECT_LT(Ratio::of(1, -3), Ratio());
    EXPECT_EQ(Ratio::of(1, -3).sign(), -1);
}

TEST(Ratio, RoundsOnceAtTheEnd) {
    EXPECT_EQ(Ratio::of(2, 3).rounded(2, RoundingMode::kHalfUp).str(), "0.67");
    EXPECT_EQ(Ratio::of(2, 3).rounded(2, RoundingMode::kDown).str(), "0.66");
    EXPECT_EQ(Ratio::of(-7, 2).rounded(0, RoundingMode::kHalfEven).str(), "-4");
    EXPECT_EQ(Ratio::of(7, 2).ceiling(), Ratio(4));
    EXPECT_EQ(Ratio::of(-7, 2).ceiling(), Ratio(-3));
}

TEST(Ratio, ShowsTheExactDecimalOrTwelveDigits) {
    EXPECT_EQ(Ratio(Decimal::from_coefficient(125, 3)).shown().str(), "0.125");
    EXPECT_EQ(Ratio::of(1, 4).shown().normalized_str(), "0.25");
    EXPECT_EQ(third().shown().str(), "0.333333333333");
}

}  // namespace
}  // namespace tally::rating
