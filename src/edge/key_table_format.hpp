#pragma once

#include <cstddef>
#include <cstdint>

// The bytes of the key table, version 2: which API keys exist, whom they belong to, and whether they may
// call. The page is docs/formats/key-table.md. Plain structs without the C++ library, because the nginx
// module includes this header. Little-endian.
//
//   key table = KeyTableHeader padding-to-4096 chunk-offset[kKeyChunksMax] (chunk | index)*
//   chunk     = KeyRecord[8192]
//   index     = u32[2^n]
//
// One process (the server) writes, every nginx worker reads the same mapping. Keys are numbered as they come;
// key number n stands in chunk n / 8192 and never moves. It is found by the index: open addressing from
// digest_low modulo 2^n on, at most half of the places used. A place holds the key's number plus 1 in its
// lower n bits and as many of the lower bits of digest_high as fit above them; 0 = free. The file grows at
// its end, by chunks and by an index of double the size that takes the place of the one before.
namespace tally::edge {

inline constexpr char kKeyTableMagic[8] = {'T', 'A', 'L', 'L', 'Y', 'K', 'E', 'Y'};
inline constexpr std::uint32_t kKeyTableVersion = 2;
inline constexpr std::uint64_t kKeyTableHeaderSize = 64 * 1024;
inline constexpr std::uint64_t kKeyDirectoryOffset = 4096;
inline constexpr std::uint64_t kKeyChunksMax =
    (kKeyTableHeaderSize - kKeyDirectoryOffset) / sizeof(std::uint64_t);
inline constexpr std::uint32_t kKeyChunkShift = 13;
inline constexpr std::uint32_t kKeysPerChunk = 1U << kKeyChunkShift;
inline constexpr std::uint64_t kKeysMax = kKeyChunksMax * kKeysPerChunk;  // 62,914,560
inline constexpr std::uint32_t kKeyIndexBitsMin = 11;

struct KeyTableHeader {
    char magic[8];
    std::uint32_t version;
    std::uint32_t header_size;  // kKeyTableHeaderSize: where the first chunk or index starts
    std::uint32_t record_size;  // sizeof(KeyRecord)
    std::uint32_t chunk_keys;   // kKeysPerChunk
    std::uint64_t secret_k0;
    std::uint64_t secret_k1;    // with secret_k0 the SipHash key that the digests were made with
    std::uint64_t generation;   // one more than in the file that this one replaced
    std::uint64_t boot_digest;  // of the kernel's boot id: after a power cut the records may be torn
    std::uint32_t reserved1;
    std::uint32_t header_crc;  // CRC-32C of all bytes above
    // From here on rewritten in place.
    std::uint32_t
        superseded;  // 1: look at the path again, another file has taken or is taking this one's place
    std::uint32_t reserved2;
    std::uint64_t used;   // keys; their numbers lie below
    std::uint64_t index;  // see key_index_word()
    std::uint64_t reserved[5];
};

static_assert(sizeof(KeyTableHeader) == 128);
inline constexpr std::size_t kKeyTableCrcSpan = offsetof(KeyTableHeader, header_crc);
static_assert(kKeyTableCrcSpan == 60);

// Where the index stands (a multiple of 4096) and the logarithm of its places, in one word.
inline std::uint64_t key_index_word(std::uint64_t offset, std::uint32_t bits) {
    return offset | bits;
}

inline std::uint64_t key_index_offset(std::uint64_t word) {
    return word & ~std::uint64_t{0xFFF};
}

inline std::uint32_t key_index_bits(std::uint64_t word) {
    return static_cast<std::uint32_t>(word & 0xFFF);
}

// The low 8 bits of KeyRecord::state; the 24 bits above count the changes of the record, so that a reader
// notices that it read half of one.
enum KeyState : std::uint32_t {
    kKeyActive = 1,
    kKeyRevoked = 2,
    kKeyChanging = 3  // being rewritten right now; read again
};

inline constexpr std::uint32_t kKeyStateMask = 0xFF;
inline constexpr std::uint32_t kKeyChangeStep = 0x100;

inline constexpr std::size_t kKeyIdSizeMax = 31;
inline constexpr std::size_t kCustomerIdSizeMax = 24;

struct KeyRecord {
    std::uint64_t digest_low;  // SipHash-2-4-128 of the key; never changes once an index names the record
    std::uint64_t digest_high;
    std::uint32_t state;  // KeyState and change counter; the release store of it publishes a change
    std::uint8_t key_id_size;
    std::uint8_t customer_id_size;
    std::uint16_t reserved;
    std::int64_t expires_at_us;    // microseconds since 1970 from which the key counts as revoked; 0 = never
    std::uint32_t ordinal;         // of its account in the limit file; 0 = it has none
    std::uint32_t plan;            // ordinal in the plan table; 0 = none
    std::uint32_t credit_account;  // in the limit file, of its prepaid customer; 0 = pays later
    std::int32_t first_quota_period;  // in which the key came under its plan
    char key_id[kKeyIdSizeMax + 1];
    char customer_id[kCustomerIdSizeMax];
};

static_assert(sizeof(KeyRecord) == 104);
static_assert(offsetof(KeyRecord, ordinal) == 32);
static_assert(offsetof(KeyRecord, key_id) == 48);
static_assert(sizeof(KeyRecord) * kKeysPerChunk % 4096 == 0);

}  // namespace tally::edge
