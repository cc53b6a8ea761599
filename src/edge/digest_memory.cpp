#include "edge/digest_memory.hpp"

#include <cstring>

#include <sys/random.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tally::edge {

#if defined(__x86_64__)
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kKeySizeMax = 128;

__attribute__((target("aes"), always_inline)) inline __m128i load(const unsigned char* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

// AES-128 with round keys that are random each, which is no weaker than expanding one key to them.
__attribute__((target("aes"), always_inline)) inline __m128i encrypt(__m128i block,
                                                                     const unsigned char (*keys)[16]) {
    block = _mm_xor_si128(block, load(keys[0]));
    block = _mm_aesenc_si128(block, load(keys[1]));
    block = _mm_aesenc_si128(block, load(keys[2]));
    block = _mm_aesenc_si128(block, load(keys[3]));
    block = _mm_aesenc_si128(block, load(keys[4]));
    block = _mm_aesenc_si128(block, load(keys[5]));
    block = _mm_aesenc_si128(block, load(keys[6]));
    block = _mm_aesenc_si128(block, load(keys[7]));
    block = _mm_aesenc_si128(block, load(keys[8]));
    block = _mm_aesenc_si128(block, load(keys[9]));
    return _mm_aesenclast_si128(block, load(keys[10]));
}

// Only tags of texts of one size are compared, so the last block may overlap the one before.
__attribute__((target("aes"))) void make_tag(const unsigned char* key, std::size_t size,
                                             const unsigned char (*round_keys)[16], KeyTag& tag) {
    __m128i state = _mm_setzero_si128();
    for (std::size_t at = 0; at + kBlock < size; at += kBlock)
        state = encrypt(_mm_xor_si128(state, load(key + at)), round_keys);
    state = encrypt(_mm_xor_si128(state, load(key + size - kBlock)), round_keys);
    _mm_store_si128(reinterpret_cast<__m128i*>(tag.words), state);
    tag.size = static_cast<std::uint32_t>(size);
}

}  // namespace

void DigestMemory::prepare() {
    ready_ = __builtin_cpu_supports("aes") &&
             ::getrandom(round_keys_, sizeof round_keys_, 0) == static_cast<ssize_t>(sizeof round_keys_);
}

KnownKey* DigestMemory::find(SipKey secret, const unsigned char* key, std::size_t size, KeyTag& tag) {
    tag.size = 0;
    if (!ready_ || size < kBlock || size > kKeySizeMax) [[unlikely]]
        return nullptr;
    if (secret.k0 != k0_ || secret.k1 != k1_) [[unlikely]]
        forget(secret);
    make_tag(key, size, round_keys_, tag);
    Place* const set = sets_[tag.words[0] % kSets];
    if (set[0].is(tag)) [[likely]]
        return &set[0].known;
    return set[1].is(tag) ? &set[1].known : nullptr;
}
#else
void DigestMemory::prepare() {}

KnownKey* DigestMemory::find(SipKey, const unsigned char*, std::size_t, KeyTag& tag) {
    tag.size = 0;
    return nullptr;
}
#endif

void DigestMemory::remember(const KeyTag& tag, const KnownKey& known) {
    if (tag.size == 0)
        return;
    Place* const set = sets_[tag.words[0] % kSets];
    set[1] = set[0];
    set[0] = Place{{tag.words[0], tag.words[1]}, known, tag.size};
}

// Another key table: its digests are others.
void DigestMemory::forget(SipKey secret) {
    std::memset(sets_, 0, sizeof sets_);
    k0_ = secret.k0;
    k1_ = secret.k1;
}

}  // namespace tally::edge
