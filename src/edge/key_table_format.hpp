#pragma once

#include <cstddef>
#include <cstdint>

// The bytes of the key table, version 1: which API keys exist, whom they belong to, and whether they may
// call. The page is docs/formats/key-table.md. Plain structs without the C++ library, because the nginx
// module includes this header. Little-endian.
//
//   key table = KeyTableHeader padding-to-4096 KeySlot[capacity]
//
// One process (the server) writes, every nginx worker reads the same mapping. A slot is found by open
// addressing: it starts at digest_low modulo capacity and goes on to the next until the digest matches or a
// slot is empty; at most half of the slots are used.
namespace tally::edge {

inline constexpr char kKeyTableMagic[8] = {'T', 'A', 'L', 'L', 'Y', 'K', 'E', 'Y'};
inline constexpr std::uint32_t kKeyTableVersion = 1;
inline constexpr std::uint64_t kKeyTableHeaderSize = 4096;
inline constexpr std::uint64_t kKeyTableCapacityMin = 1024;

struct KeyTableHeader {
    char magic[8];
    std::uint32_t version;
    std::uint32_t header_size;  // kKeyTableHeaderSize: where the first slot starts
    std::uint32_t slot_size;    // sizeof(KeySlot)
    std::uint32_t reserved0;
    std::uint64_t capacity;  // slots, a power of two
    std::uint64_t secret_k0;
    std::uint64_t secret_k1;    // with secret_k0 the SipHash key that the digests were made with
    std::uint64_t generation;   // one more than in the file that this one replaced
    std::uint64_t boot_digest;  // of the kernel's boot id: after a power cut the slots may be torn
    std::uint32_t reserved1;
    std::uint32_t header_crc;  // CRC-32C of all bytes above
    // From here on rewritten in place.
    std::uint32_t
        superseded;  // 1: look at the path again, another file has taken or is taking this one's place
    std::uint32_t reserved2;
    std::uint64_t used;  // slots that are not empty
    std::uint64_t reserved[5];
};

static_assert(sizeof(KeyTableHeader) == 128);
inline constexpr std::size_t kKeyTableCrcSpan = offsetof(KeyTableHeader, header_crc);
static_assert(kKeyTableCrcSpan == 68);

// The low 8 bits of KeySlot::state; the 24 bits above count the changes of the slot, so that a reader notices
// that it read half of one.
enum KeyState : std::uint32_t {
    kKeySlotEmpty = 0,
    kKeyActive = 1,
    kKeyRevoked = 2,
    kKeyChanging = 3  // being rewritten right now; read again
};

inline constexpr std::uint32_t kKeyStateMask = 0xFF;
inline constexpr std::uint32_t kKeyChangeStep = 0x100;

struct KeySlot {
    std::uint64_t digest_low;  // SipHash-2-4-128 of the key; never changes once the slot is used
    std::uint64_t digest_high;
    std::uint32_t state;  // KeyState and change counter; the release store of it publishes the slot
    std::uint8_t key_id_size;
    std::uint8_t customer_id_size;
    std::uint8_t usage_plan_size;
    std::uint8_t reserved;
    std::int64_t expires_at_us;  // microseconds since 1970 from which the key counts as revoked; 0 = never
    char key_id[32];
    char customer_id[24];
    char usage_plan[24];
    std::uint64_t throttle;  // kept for the token bucket of the next version, 0
    std::uint64_t quota;     // kept for the quota counter of the next version, 0
};

static_assert(sizeof(KeySlot) == 128);
static_assert(offsetof(KeySlot, key_id) == 32);
static_assert(offsetof(KeySlot, throttle) == 112);
inline constexpr std::size_t kKeyIdSizeMax = 31;
inline constexpr std::size_t kCustomerIdSizeMax = 24;
inline constexpr std::size_t kUsagePlanSizeMax = 24;

}  // namespace tally::edge
