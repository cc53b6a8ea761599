#include "rating/wallet.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

Instant day(int number) {
    return parse_rfc3339("2026-01-01T00:00:00Z").value() + std::chrono::hours{24 * (number - 1)};
}

Grant grant(const char* id, std::int64_t amount, int from) {
    Grant grant;
    grant.id = id;
    grant.amount = amount;
    grant.effective_at = day(from);
    return grant;
}

WalletInput busy_wallet() {
    WalletInput input;
    input.from = day(1);
    input.to = day(31);
    input.grants = {grant("a", 10, 1), grant("b", 7, 5), grant("c", 20, 12)};
    input.grants[0].recurrence = Schedule{Interval::kWeek, 1, LocalTime{{2026, 1, 3}, {}}, TimeZone::utc()};
    input.grants[1].expires_at = day(20);
    input.grants[2].priority = -1;
    input.grants[2].rollover_max = 5;
    for (int i = 1; i < 31; ++i)
        input.usage.push_back({day(i) + std::chrono::hours{i % 3}, Decimal::from_coefficient(i * 7 % 50, 1)});
    input.resets = {day(14), day(28)};
    return input;
}

TEST(Wallet, GivesTheSameInOneRunAsInTwo) {
    const WalletInput whole = busy_wallet();
    const auto expected = run_wallet(whole).value();
    for (int cut = 2; cut < 31; ++cut) {
        WalletInput first = whole;
        first.to = day(cut);
        const auto half = run_wallet(first).value();
        WalletInput second = whole;
        second.from = day(cut);
        second.overage = half.overage;
        // A grant that has not begun has no balance yet.
        for (const Grant& g : whole.grants)
            if (g.effective_at <= day(cut))
                second.balances[g.id] = half.balances.at(g.id);
        const auto rest = run_wallet(second).value();
        EXPECT_EQ(rest.balances, expected.balances) << cut;
        EXPECT_EQ(rest.overage, expected.overage) << cut;
        EXPECT_EQ(half.burned.size() + rest.burned.size(), expected.burned.size()) << cut;
    }
}

TEST(Wallet, BurnsNoMoreThanItHasAndLosesNoUsage) {
    WalletInput input = busy_wallet();
    input.resets.clear();
    Decimal used;
    for (const WalletUsage& usage : input.usage)
        used += usage.amount;
    const auto result = run_wallet(input).value();
    Decimal burned;
    for (const Burn& burn : result.burned) {
        EXPECT_GT(burn.amount, Decimal(0));
        burned += burn.amount;
    }
    EXPECT_EQ(burned + result.overage, used);
    for (const auto& [id, balance] : result.balances)
        EXPECT_GE(balance, Decimal(0)) << id;
}

TEST(Wallet, TakesUsageInOrderOfTimeWhateverTheOrderGiven) {
    WalletInput input = busy_wallet();
    const auto expected = run_wallet(input).value();
    std::reverse(input.usage.begin(), input.usage.end());
    EXPECT_EQ(run_wallet(input)->balances, expected.balances);
}

TEST(Wallet, RefusesWhatCannotBe) {
    WalletInput input = busy_wallet();
    input.to = input.from;
    EXPECT_EQ(run_wallet(input).error().pointer, "/to");
    input = busy_wallet();
    input.grants.push_back(grant("a", 1, 1));
    EXPECT_EQ(run_wallet(input).error().pointer, "/grants/3/id");
    input = busy_wallet();
    input.balances["z"] = 1;
    EXPECT_EQ(run_wallet(input).error().pointer, "/balances/z");
    input = busy_wallet();
    input.grants[0].recurrence->interval = Interval::kHour;
    input.to = day(20'000);
    EXPECT_EQ(run_wallet(input).error().pointer, "/grants/0/recurrence");
}

}  // namespace
}  // namespace tally::rating
