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
// Three-way interleaving would be faster still on long inputs; records are short, so one stream it is.
__attribute__((target("sse4.2"))) inline std::uint32_t update_hardware(std::uint32_t crc,
                                                                       const unsigned char* data,
                                                                       std::size_t size) {
    std::uint64_t wide = crc;
    for (; size >= 8; data += 8, size -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, data, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = static_cast<std::uint32_t>(wide);
    for (; size > 0; ++data, --size)
        crc = __builtin_ia32_crc32qi(crc, *data);
    return crc;
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

}  // namespace tally
