#include "rating/totals.hpp"

#include <list>

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

Decimal dec(std::string_view text) {
    return Decimal::parse(text).value();
}

class TotalsTest : public testing::Test {
  protected:
    TotalsTest() {
        input_.period = {parse_rfc3339("2026-10-01T00:00:00Z").value(),
                         parse_rfc3339("2026-11-01T00:00:00Z").value()};
    }

    // A charge with one line for each amount.
    Charge& charge(const char* code, std::initializer_list<const char*> amounts) {
        Charge& added = charges_.emplace_back();
        added.code = code;
        lines_.push_back({&added, invoice_.lines.size(), amounts.size()});
        for (const char* amount : amounts) {
            RatedLine line;
            line.charge = code;
            line.amount = dec(amount);
            invoice_.lines.push_back(std::move(line));
        }
        return added;
    }

    void total(bool active = true) { add_totals(plan_, input_, lines_, active, invoice_); }

    Plan plan_;
    RateInput input_;
    std::list<Charge> charges_;
    std::vector<ChargeLines> lines_;
    RatedInvoice invoice_;
};

TEST_F(TotalsTest, HasTheCurrencysDigitsEvenWhenEmpty) {
    total();
    EXPECT_EQ(invoice_.total.str(), "0.00");
    EXPECT_EQ(invoice_.discounts.str(), "0.00");
}

TEST_F(TotalsTest, KeepsFinerDigitsOfLines) {
    charge("a", {"0.0001", "1.50"});
    total();
    EXPECT_EQ(invoice_.subtotal.str(), "1.5001");
    EXPECT_EQ(invoice_.total.str(), "1.5001");
}

TEST_F(TotalsTest, RoundsAShareAsItsLine) {
    charge("a", {"0.05", "0.05"});
    charge("b", {"0.0500"}).rounding = Rounding{4, RoundingMode::kHalfUp};
    input_.coupons.push_back({"half", dec("0.5"), std::nullopt, {}});
    total();
    // 0.03 + 0.03 + 0.0250
    EXPECT_EQ(invoice_.discounts.str(), "0.0850");
}

TEST_F(TotalsTest, GivesNoDiscountOnWhatIsOwedToTheCustomer) {
    charge("a", {"-5.00", "3.00"});
    input_.coupons.push_back({"all", std::nullopt, dec("10"), {}});
    total();
    EXPECT_EQ(invoice_.discounts.str(), "3.00");
    EXPECT_EQ(invoice_.total.str(), "-5.00");
}

TEST_F(TotalsTest, AppliesMinimumsOnlyToASubscription) {
    charge("a", {"1.00"}).min = dec("2");
    plan_.minimum = dec("10");
    total(false);
    EXPECT_EQ(invoice_.total.str(), "1.00");
    EXPECT_EQ(invoice_.minimum_adjustment.str(), "0.00");
}

TEST_F(TotalsTest, TaxesTheSumNotTheLines) {
    charge("a", {"0.03", "0.03", "0.03"});
    plan_.tax = Tax{dec("0.10"), false};
    total();
    EXPECT_EQ(invoice_.tax.str(), "0.01");
    EXPECT_EQ(invoice_.total.str(), "0.10");
}

TEST_F(TotalsTest, LeavesOnACreditWhatWasNotNeeded) {
    charge("a", {"7.00"});
    input_.credits = {{"late", dec("5"), 2, std::nullopt},
                      {"soon", dec("5"), 1, input_.period.to + Microseconds{1}},
                      {"gone", dec("5"), 0, input_.period.to}};
    total();
    ASSERT_EQ(invoice_.credit_uses.size(), 2U);
    EXPECT_EQ(invoice_.credit_uses[0].code, "soon");
    EXPECT_EQ(invoice_.credit_uses[1].used.str(), "2.00");
    EXPECT_EQ(invoice_.credit_uses[1].left.str(), "3.00");
    EXPECT_EQ(invoice_.total.str(), "0.00");
}

}  // namespace
}  // namespace tally::rating
