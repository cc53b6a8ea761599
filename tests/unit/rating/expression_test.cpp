#include "rating/expression.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

std::string value_of(std::string_view text) {
    const std::map<std::string, Ratio> quantities{{"a", 10}, {"b", 3}, {"zero", 0}};
    const auto expression = Expression::parse(text);
    if (!expression)
        return "unreadable";
    const auto value = expression->evaluate(quantities);
    return value ? value->shown().normalized_str() : "no value";
}

TEST(Expression, FollowsTheUsualPrecedence) {
    EXPECT_EQ(value_of("1 + 2 * 3"), "7");
    EXPECT_EQ(value_of("(1 + 2) * 3"), "9");
    EXPECT_EQ(value_of("10 - 4 - 3"), "3");
    EXPECT_EQ(value_of("100 / 10 / 5"), "2");
    EXPECT_EQ(value_of("-a * -b"), "30");
    EXPECT_EQ(value_of("1 + 1 < 3"), "1");
    EXPECT_EQ(value_of(" a\n*\tb "), "30");
}

TEST(Expression, IsExact) {
    EXPECT_EQ(value_of("a / b * b"), "10");
    EXPECT_EQ(value_of("0.1 + 0.2 == 0.3"), "1");
    EXPECT_EQ(value_of("1 / 3"), "0.333333333333");
}

TEST(Expression, ComputesOnlyTheBranchThatIsTaken) {
    EXPECT_EQ(value_of("if(zero > 0, a / zero, 5)"), "5");
    EXPECT_EQ(value_of("if(zero == 0, 5, a / zero)"), "5");
    EXPECT_EQ(value_of("a / zero"), "no value");
}

TEST(Expression, KnowsItsFunctions) {
    EXPECT_EQ(value_of("min(3, a, b)"), "3");
    EXPECT_EQ(value_of("max(3, a, b)"), "10");
    EXPECT_EQ(value_of("abs(b - a)"), "7");
    EXPECT_EQ(value_of("ceil(a / b)"), "4");
    EXPECT_EQ(value_of("floor(-a / b)"), "-4");
    EXPECT_EQ(value_of("round(a / b, 2)"), "3.33");
    EXPECT_EQ(value_of("round(15, -1)"), "20");
    EXPECT_EQ(value_of("round(1, 0.5)"), "no value");
    EXPECT_EQ(value_of("a >= 10"), "1");
    EXPECT_EQ(value_of("a != 10"), "0");
}

TEST(Expression, TakesWhatWasNotUsedAsZero) {
    EXPECT_EQ(value_of("unused + 1"), "1");
}

TEST(Expression, RefusesWhatItCannotRead) {
    for (const char* text : {"", "1 +", "* 1", "(1", "1)", "1 2", "min(1)", "min()", "sqrt(4)", "a b", "1..2",
                             "1.", "a = 3", "a < 1 < 2", "$a", "if(1, 2)"})
        EXPECT_EQ(value_of(text), "unreadable") << text;
    EXPECT_EQ(value_of(std::string(60, '(') + "1" + std::string(60, ')')), "unreadable");
    EXPECT_EQ(value_of(std::string(2001, '1')), "unreadable");
}

TEST(Expression, SurvivesLongChains) {
    std::string text = "1";
    while (text.size() < 1990)
        text += "/3";
    EXPECT_EQ(value_of(text), "0");
    EXPECT_EQ(value_of("(" + text + ") > 0"), "1");
}

}  // namespace
}  // namespace tally::rating
