#include "rating/currency.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

TEST(CurrencyDigits, FollowsIso4217) {
    EXPECT_EQ(currency_digits("USD").value(), 2);
    EXPECT_EQ(currency_digits("EUR").value(), 2);
    EXPECT_EQ(currency_digits("ZWL").value(), 2);
    EXPECT_EQ(currency_digits("JPY").value(), 0);
    EXPECT_EQ(currency_digits("KRW").value(), 0);
    EXPECT_EQ(currency_digits("KWD").value(), 3);
    EXPECT_EQ(currency_digits("TND").value(), 3);
    EXPECT_EQ(currency_digits("CLF").value(), 4);
}

TEST(CurrencyDigits, RefusesWhatIsNoCode) {
    for (const char* code : {"", "US", "usd", "USDX", "XXX", "D E", "R U"})
        EXPECT_FALSE(currency_digits(code).ok()) << code;
}

}  // namespace
}  // namespace tally::rating
