#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tally {

struct Digest128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Digest128&) const = default;
};

struct SipKey {
    std::uint64_t k0 = 0;
    std::uint64_t k1 = 0;
};

namespace siphash_detail {

struct State {
    std::uint64_t v0, v1, v2, v3;

    static std::uint64_t rotl(std::uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

    void round() {
        v0 += v1, v1 = rotl(v1, 13), v1 ^= v0, v0 = rotl(v0, 32);
        v2 += v3, v3 = rotl(v3, 16), v3 ^= v2;
        v0 += v3, v3 = rotl(v3, 21), v3 ^= v0;
        v2 += v1, v1 = rotl(v1, 17), v1 ^= v2, v2 = rotl(v2, 32);
    }

    void absorb(std::uint64_t word) {
        v3 ^= word;
        round(), round();
        v0 ^= word;
    }

    std::uint64_t finish() {
        round(), round(), round(), round();
        return v0 ^ v1 ^ v2 ^ v3;
    }
};

}  // namespace siphash_detail

// SipHash-2-4 with 128-bit output (Aumasson and Bernstein): a keyed hash for short inputs. Without the key
// its output tells nothing about the input. Header-only and free of the C++ library, because the nginx module
// uses it. Little-endian machines only.
inline Digest128 siphash128(SipKey key, const void* data, std::size_t size) {
    siphash_detail::State s{key.k0 ^ 0x736f6d6570736575ULL, key.k1 ^ 0x646f72616e646f6dULL ^ 0xEEULL,
                            key.k0 ^ 0x6c7967656e657261ULL, key.k1 ^ 0x7465646279746573ULL};
    const auto* bytes = static_cast<const unsigned char*>(data);
    std::size_t left = size;
    for (; left >= 8; bytes += 8, left -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, 8);
        s.absorb(word);
    }
    std::uint64_t tail = static_cast<std::uint64_t>(size & 0xFF) << 56;
    for (std::size_t i = 0; i < left; ++i)
        tail |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
    s.absorb(tail);
    s.v2 ^= 0xEE;
    Digest128 digest;
    digest.low = s.finish();
    s.v1 ^= 0xDD;
    digest.high = s.finish();
    return digest;
}

}  // namespace tally
