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

struct KnownKey {
    Digest128 digest;
    std::uint32_t place;  // where KeyTableReader::find() saw its record
};

// One worker's memory of the digests of keys that it has seen: the digest of a key costs some 350
// instructions, to find it here some 60. Holds tags, digests and places, never a key. Of two keys that fall
// into one set, the next takes the place of the one learnt first. One thread; plain memory of 640 KiB, zeros
// are its start value; uses neither the C++ library nor exceptions.
class DigestMemory {
  public:
    // Call once, before the rest. Without AES instructions or randomness nothing is ever remembered.
    void prepare();

    // What is remembered of `key` under `secret`, or null; valid until the next call, and its `place` may be
    // changed. Sets `tag`.
    KnownKey* find(SipKey secret, const unsigned char* key, std::size_t size, KeyTag& tag);

    // After find() said no. Only keys that exist should be remembered, so that unknown ones push none out.
    void remember(const KeyTag& tag, const KnownKey& known);

  private:
    static constexpr std::size_t kSets = 8192;
    static constexpr int kRounds = 10;

    struct Place {
        std::uint64_t tag[2];
        KnownKey known;
        std::uint32_t size;  // 0 = free

        [[nodiscard]] bool is(const KeyTag& wanted) const {
            return tag[0] == wanted.words[0] && tag[1] == wanted.words[1] && size == wanted.size;
        }
    };

    void forget(SipKey secret);

    bool ready_ = false;
    std::uint64_t k0_ = 0;  // the secret that the digests were made with
    std::uint64_t k1_ = 0;
    unsigned char round_keys_[kRounds + 1][16] = {};
    Place sets_[kSets][2] = {};
};

}  // namespace tally::edge
