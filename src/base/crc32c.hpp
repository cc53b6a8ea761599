#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tally {

// CRC-32C (Castagnoli, RFC 3720 B.4), reflected, initial value and final xor 0xFFFFFFFF.
// Header-only and free of the C++ library, because the nginx module uses it too.
namespace crc32c_detail {

// One step of the polynomial division for each value of a byte.
struct ByteTable {
    std::uint32_t step[256] = {};

    constexpr ByteTable() {
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            std::uint32_t crc = byte;
            for (int bit = 0; bit < 8; ++bit)
                crc = (crc >> 1) ^ (0x82F63B78U & (0U - (crc & 1U)));
            step[byte] = crc;
        }
    }
};

inline constexpr ByteTable kByteTable;

inline std::uint32_t update_bytes(std::uint32_t crc, const unsigned char* data, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        crc = (crc >> 8) ^ kByteTable.step[(crc ^ data[i]) & 0xFFU];
    return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"), always_inline)) inline std::uint64_t step8(std::uint64_t crc,
                                                                            const unsigned char* data) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, 8);
    return __builtin_ia32_crc32di(crc, word);
}

// Three-way interleaving would be faster still on long inputs; records are short, so one stream it is, and
// unrolled, because the loop around it would cost as much as the checksum.
__attribute__((target("sse4.2"), always_inline)) inline std::uint32_t update_words(std::uint64_t wide,
                                                                                   const unsigned char* data,
                                                                                   std::size_t size) {
    for (const unsigned char* const end = data + size / 128 * 128; data != end; data += 128) {
#pragma GCC unroll 16
        for (std::size_t at = 0; at < 128; at += 8)
            wide = step8(wide, data + at);
    }
    if ((size & 64) != 0) {
#pragma GCC unroll 8
        for (std::size_t at = 0; at < 64; at += 8)
            wide = step8(wide, data + at);
        data += 64;
    }
    switch (size / 8 % 8) {
        case 7: wide = step8(wide, data), data += 8; [[fallthrough]];
        case 6: wide = step8(wide, data), data += 8; [[fallthrough]];
        case 5: wide = step8(wide, data), data += 8; [[fallthrough]];
        case 4: wide = step8(wide, data), data += 8; [[fallthrough]];
        case 3: wide = step8(wide, data), data += 8; [[fallthrough]];
        case 2: wide = step8(wide, data), data += 8; [[fallthrough]];
        case 1: wide = step8(wide, data), data += 8; [[fallthrough]];
        default: break;
    }
    size %= 8;
    auto crc = static_cast<std::uint32_t>(wide);
    for (; size > 0; ++data, --size)
        crc = __builtin_ia32_crc32qi(crc, *data);
    return crc;
}

__attribute__((target("sse4.2"))) inline std::uint32_t update_hardware(std::uint32_t crc,
                                                                       const unsigned char* data,
                                                                       std::size_t size) {
    return update_words(crc, data, size);
}

__attribute__((target("sse4.2"))) inline std::uint32_t update_hardware_behind(std::uint32_t crc,
                                                                              std::uint64_t first,
                                                                              std::uint64_t second,
                                                                              const unsigned char* data,
                                                                              std::size_t size) {
    return update_words(__builtin_ia32_crc32di(__builtin_ia32_crc32di(crc, first), second), data, size);
}
#endif

}  // namespace crc32c_detail

// The checksum of `size` bytes at `data`. Pass the checksum of what came before as `seed` to continue it.
inline std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t seed = 0) {
    const auto* bytes = static_cast<const unsigned char*>(data);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        return ~crc32c_detail::update_hardware(~seed, bytes, size);
#endif
    return ~crc32c_detail::update_bytes(~seed, bytes, size);
}

// The same with two words, little-endian, before the bytes.
inline std::uint32_t crc32c_behind(std::uint64_t first, std::uint64_t second, const void* data,
                                   std::size_t size, std::uint32_t seed) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        return ~crc32c_detail::update_hardware_behind(~seed, first, second,
                                                      static_cast<const unsigned char*>(data), size);
#endif
    const std::uint64_t head[2] = {first, second};
    return crc32c(data, size, crc32c(head, sizeof head, seed));
}

}  // namespace tally
