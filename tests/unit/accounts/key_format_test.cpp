#include "accounts/key_format.hpp"

#include <array>
#include <string>
#include <unordered_set>

#include <gtest/gtest.h>

namespace tally::accounts {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

TEST(KeyFormat, ChecksumIsThatOfZlib) {
    EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
}

TEST(KeyFormat, KeysAreUniqueWholeAndEven) {
    constexpr int kKeys = 100'000;
    SystemRandom random;
    std::unordered_set<std::string> seen;
    std::array<double, 62> counts{};
    for (int i = 0; i < kKeys; ++i) {
        const Secret key = make_key(random);
        const std::string text(key.reveal());
        ASSERT_TRUE(is_well_formed_key(text));
        ASSERT_TRUE(seen.insert(text).second);
        for (const char c : text.substr(kKeyPrefix.size(), kKeyRandomDigits))
            ++counts[kDigits.find(c)];
    }
    const double expected = static_cast<double>(kKeys) * kKeyRandomDigits / 62;
    double chi_square = 0;
    for (const double count : counts)
        chi_square += (count - expected) * (count - expected) / expected;
    EXPECT_LT(chi_square, 130);  // 61 degrees of freedom: above this once in a million runs
}

TEST(KeyFormat, RefusesEveryChangeOfOneCharacter) {
    SeededRandom random(7);
    const std::string key(make_key(random).reveal());
    for (std::size_t at = 0; at < key.size(); ++at) {
        for (int c = 1; c < 256; ++c) {
            std::string changed = key;
            changed[at] = static_cast<char>(c);
            if (changed != key) {
                ASSERT_FALSE(is_well_formed_key(changed)) << at << " " << c;
            }
        }
    }
}

TEST(KeyFormat, RefusesOtherLengthsAndPrefixes) {
    SeededRandom random(8);
    const std::string key(make_key(random).reveal());
    EXPECT_FALSE(is_well_formed_key(""));
    EXPECT_FALSE(is_well_formed_key(key + "0"));
    EXPECT_FALSE(is_well_formed_key(key.substr(1)));
    EXPECT_FALSE(is_well_formed_key(key.substr(0, key.size() - 1)));
    EXPECT_TRUE(has_key_prefix(key));
    EXPECT_FALSE(has_key_prefix("TM_LIVE_x"));
}

}  // namespace
}  // namespace tally::accounts
