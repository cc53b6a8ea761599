#include "rating/tiers.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

Tier tier(std::optional<Decimal> up_to) {
    Tier tier;
    tier.up_to = std::move(up_to);
    return tier;
}

TEST(TierOf, IncludesTheUpperEdge) {
    const std::vector<Tier> tiers{tier(10), tier(20)};
    EXPECT_EQ(tier_of(tiers, -1).value(), 0U);
    EXPECT_EQ(tier_of(tiers, 10).value(), 0U);
    EXPECT_EQ(tier_of(tiers, Ratio::of(31, 3)).value(), 1U);
    EXPECT_EQ(tier_of(tiers, 20).value(), 1U);
    EXPECT_EQ(tier_of(tiers, 21).error().pointer, "/tiers");
}

TEST(PartsByTier, AddUpToTheQuantity) {
    const std::vector<Tier> tiers{tier(10), tier(20), tier(std::nullopt)};
    EXPECT_EQ(parts_by_tier(tiers, 0).value(), (std::vector<Ratio>{0}));
    EXPECT_EQ(parts_by_tier(tiers, 10).value(), (std::vector<Ratio>{10}));
    EXPECT_EQ(parts_by_tier(tiers, 11).value(), (std::vector<Ratio>{10, 1}));
    EXPECT_EQ(parts_by_tier(tiers, 99).value(), (std::vector<Ratio>{10, 10, 79}));
    EXPECT_EQ(parts_by_tier(tiers, -5).value(), (std::vector<Ratio>{-5}));
}

TEST(PriceInTier, CountsBegunBlocks) {
    Tier blocks = tier(std::nullopt);
    blocks.unit = 3;
    EXPECT_EQ(price_in_tier(blocks, 7), Ratio(21));
    blocks.block = 5;
    EXPECT_EQ(price_in_tier(blocks, 7), Ratio(6));
    EXPECT_EQ(price_in_tier(blocks, 5), Ratio(3));
    EXPECT_EQ(price_in_tier(blocks, 0), Ratio(0));
}

}  // namespace
}  // namespace tally::rating
