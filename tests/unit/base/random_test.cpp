#include "base/random.hpp"

#include <array>
#include <regex>
#include <set>

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(SeededRandom, RepeatsForTheSameSeed) {
    SeededRandom a(7);
    SeededRandom b(7);
    SeededRandom c(8);
    const std::string text = random_base62(a, 100);
    EXPECT_EQ(text, random_base62(b, 100));
    EXPECT_NE(text, random_base62(c, 100));
}

TEST(SystemRandom, DoesNotRepeat) {
    SystemRandom random;
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(random.next_u64());
    EXPECT_EQ(seen.size(), 1000U);
}

// Chi-square over 62 digits: 61 degrees of freedom, 120 is far beyond the 99.99 % point.
TEST(Base62, DrawsEachDigitEquallyOften) {
    SeededRandom random(1);
    std::array<int, 256> counts{};
    constexpr int kDraws = 620'000;
    for (const char digit : random_base62(random, kDraws))
        ++counts[static_cast<unsigned char>(digit)];
    double chi_square = 0;
    int digits = 0;
    for (const int count : counts) {
        if (count == 0)
            continue;
        ++digits;
        chi_square += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
    }
    EXPECT_EQ(digits, 62);
    EXPECT_LT(chi_square, 120.0);
}

TEST(MakeId, CarriesItsPrefix) {
    SeededRandom random(1);
    EXPECT_TRUE(std::regex_match(make_id(random, "cus_"), std::regex("cus_[0-9A-Za-z]{16}")));
}

TEST(MakeUuid, IsAVersion4Uuid) {
    SeededRandom random(1);
    const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    for (int i = 0; i < 100; ++i)
        EXPECT_TRUE(std::regex_match(make_uuid(random), form));
}

}  // namespace
}  // namespace tally
