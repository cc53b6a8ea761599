#pragma once

#include "base/siphash.hpp"

#include <cstddef>
#include <cstdint>

namespace tally::edge {

// Stands for one key text: a 128-bit AES CBC-MAC under a secret of this process.
struct alignas(16) KeyTag {
    std::uint64_t words[2];
    std::uint32_t size;  // of the key; 0 = there is no tag, the key is not remembered
};

// One worker's memory of the digests of keys that it has seen: the digest of a key costs some 350
// instructions, to find it here some 60. Holds tags and digests, never a key. A full place is taken by the
// next key. One thread; plain memory of 640 KiB, zeros are its start value; uses neither the C++ library nor
// exceptions.
class DigestMemory {
  public:
    // Call once, before the rest. Without AES instructions or randomness nothing is ever remembered.
    void prepare();

    // True, and `digest` set, when it is remembered that `key` has it under `secret`. Sets `tag`.
    bool find(SipKey secret, const unsigned char* key, std::size_t size, KeyTag& tag, Digest128& digest);

    // After find() said no. Only keys that exist should be remembered, so that unknown ones push none out.
    void remember(const KeyTag& tag, const Digest128& digest);

  private:
    static constexpr std::size_t kPlaces = 16'384;
    static constexpr int kRounds = 10;

    struct Place {
        std::uint64_t tag[2];
        std::uint64_t digest_low;
        std::uint64_t digest_high;
        std::uint64_t size;  // 0 = free
    };

    void forget(SipKey secret);

    bool ready_ = false;
    std::uint64_t k0_ = 0;  // the secret that the digests were made with
    std::uint64_t k1_ = 0;
    unsigned char round_keys_[kRounds + 1][16] = {};
    Place places_[kPlaces] = {};
};

}  // namespace tally::edge
