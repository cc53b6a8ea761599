#include "base/crc32c.hpp"
#include "base/siphash.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(Crc32c, GivesTheCheckValueOfTheStandard) {
    EXPECT_EQ(crc32c("123456789", 9), 0xE3069283U);
}

TEST(Crc32c, IsTheSameInPiecesAndWithoutHardware) {
    const std::string text = "the quick brown fox jumps over the lazy dog, twice";
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
        EXPECT_EQ(crc32c(text.data() + cut, text.size() - cut, crc32c(text.data(), cut)),
                  crc32c(text.data(), text.size()));
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    EXPECT_EQ(~crc32c_detail::update_bytes(~0U, bytes, text.size()), crc32c(text.data(), text.size()));
}

// Vectors of the reference implementation: key 00..0f, message 00..(n-1).
TEST(SipHash, GivesTheReferenceVectors) {
    const SipKey key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
    std::string message;
    const Digest128 empty = siphash128(key, message.data(), 0);
    EXPECT_EQ(empty.low, 0xe6a825ba047f81a3ULL);
    EXPECT_EQ(empty.high, 0x930255c71472f66dULL);
    for (char i = 0; i < 15; ++i)
        message.push_back(i);
    const Digest128 fifteen = siphash128(key, message.data(), message.size());
    EXPECT_EQ(fifteen.low, 0x11a8b03399e99354ULL);
    EXPECT_EQ(fifteen.high, 0xd9c3cf970fec087eULL);
}

}  // namespace
}  // namespace tally
