#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

// Searches and comparisons of some dozen bytes, for which a call of the C library costs more than the work.
// They read nothing beyond the bytes that they are given.
namespace tally::edge {

// Where `what` stands first, or `end`.
inline const unsigned char* find_byte(const unsigned char* from, const unsigned char* end,
                                      unsigned char what) {
#if defined(__x86_64__)
    constexpr std::size_t kBlock = 16;
    const auto search = [what](const unsigned char* at) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        return static_cast<unsigned>(
            _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(static_cast<char>(what)))));
    };
    if (const auto size = static_cast<std::size_t>(end - from); size >= kBlock) {
        const std::size_t last = size - kBlock;
        for (std::size_t at = 0; at < last; at += kBlock)
            if (const unsigned found = search(from + at); found != 0)
                return from + at + __builtin_ctz(found);
        // The last block may overlap the one before, where there was none.
        const unsigned found = search(from + last);
        return found != 0 ? from + last + __builtin_ctz(found) : end;
    }
#endif
    for (; from < end; ++from)
        if (*from == what)
            break;
    return from;
}

inline bool same_bytes(const unsigned char* one, const unsigned char* other, std::size_t size) {
    if (size < 8 || size > 16)
        return std::memcmp(one, other, size) == 0;
    std::uint64_t words[4];
    std::memcpy(words, one, 8);
    std::memcpy(words + 1, other, 8);
    std::memcpy(words + 2, one + size - 8, 8);
    std::memcpy(words + 3, other + size - 8, 8);
    return ((words[0] ^ words[1]) | (words[2] ^ words[3])) == 0;
}

}  // namespace tally::edge
