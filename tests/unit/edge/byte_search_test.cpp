#include "edge/byte_search.hpp"

#include <memory>

#include <gtest/gtest.h>

namespace tally::edge {
namespace {

// In memory of its own, so that the sanitizers and valgrind see each byte that is read beyond it.
std::unique_ptr<unsigned char[]> bytes_of(std::size_t size) {
    auto bytes = std::make_unique<unsigned char[]>(size);
    std::memset(bytes.get(), 'a', size);
    return bytes;
}

TEST(FindByte, FindsTheFirstAtEveryPlaceOfEverySize) {
    for (std::size_t size = 0; size <= 70; ++size) {
        const auto bytes = bytes_of(size);
        const unsigned char* const end = bytes.get() + size;
        EXPECT_EQ(find_byte(bytes.get(), end, '?'), end) << size;
        for (std::size_t at = size; at-- > 0;) {
            bytes[at] = '?';
            EXPECT_EQ(find_byte(bytes.get(), end, '?'), bytes.get() + at) << size;
        }
    }
}

TEST(FindByte, BytesAbove127AreBytesAsOthers) {
    const auto bytes = bytes_of(40);
    bytes[33] = 0xFF;
    EXPECT_EQ(find_byte(bytes.get(), bytes.get() + 40, 0xFF), bytes.get() + 33);
    EXPECT_EQ(find_byte(bytes.get(), bytes.get() + 40, 0x7F), bytes.get() + 40);
}

TEST(SameBytes, EveryByteOfEverySizeCounts) {
    for (std::size_t size = 0; size <= 40; ++size) {
        const auto one = bytes_of(size);
        const auto other = bytes_of(size);
        EXPECT_TRUE(same_bytes(one.get(), other.get(), size)) << size;
        for (std::size_t at = 0; at < size; ++at) {
            other[at] = 'b';
            EXPECT_FALSE(same_bytes(one.get(), other.get(), size)) << size << " " << at;
            other[at] = 'a';
        }
    }
}

}  // namespace
}  // namespace tally::edge
