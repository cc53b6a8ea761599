#pragma once

#include <cstddef>
#include <cstdint>

// The bytes of the limit file, version 1: what callers have used of what they may. The page is
// docs/formats/limit-file.md. Plain structs without the C++ library, because the nginx module includes this
// header. Little-endian.
//
//   limit file = LimitFileHeader padding-to-4096 LimitBlock*
//
// Block b has the accounts of the keys and of the prepaid customers whose ordinals are b * 1024 to b * 1024 +
// 1023. Blocks are added at the end and never move, so a mapping of the file's beginning stays good.
namespace tally::edge {

inline constexpr char kLimitFileMagic[8] = {'T', 'A', 'L', 'L', 'Y', 'L', 'I', 'M'};
inline constexpr std::uint32_t kLimitFileVersion = 1;
inline constexpr std::uint64_t kLimitFileHeaderSize = 4096;
inline constexpr std::uint32_t kAccountsPerBlock = 1024;
inline constexpr std::uint32_t kMethodBuckets = 20;

enum LimitFileState : std::uint32_t {
    kLimitsReady = 1,
    kLimitsRebuilding = 2,  // the server is filling it; what stands here is not what callers have used
};

struct LimitFileHeader {
    char magic[8];
    std::uint32_t version;
    std::uint32_t header_size;         // kLimitFileHeaderSize: where the first block starts
    std::uint32_t block_size;          // sizeof(LimitBlock)
    std::uint32_t accounts_per_block;  // kAccountsPerBlock
    std::uint64_t generation;          // one more than in the file that this one replaced
    std::uint64_t boot_digest;         // of the kernel's boot id: after a power cut the counts may be torn
    std::uint32_t reserved0;
    std::uint32_t header_crc;  // CRC-32C of all bytes above
    // From here on rewritten in place.
    std::uint32_t superseded;  // 1: look at the path again
    std::uint32_t state;       // LimitFileState
    std::uint64_t reserved[9];
};

static_assert(sizeof(LimitFileHeader) == 128);
inline constexpr std::size_t kLimitFileCrcSpan = offsetof(LimitFileHeader, header_crc);
static_assert(kLimitFileCrcSpan == 44);

// Each word is changed by compare-and-swap, by any worker.
struct KeyAccount {
    std::uint64_t bucket;  // of the plan: a TAT, see limit_counters.hpp
    std::uint64_t quota;   // see quota_word()
};

// The server adds to `granted`, workers to `used`.
struct CreditAccount {
    std::uint64_t granted;
    std::uint64_t used;
};

// What every request touches lies together; the buckets of methods, which few plans have, lie apart, so that
// their pages stay untouched where there are none.
struct LimitBlock {
    KeyAccount keys[kAccountsPerBlock];
    CreditAccount customers[kAccountsPerBlock];
    std::uint64_t methods[kAccountsPerBlock][kMethodBuckets];
};

static_assert(sizeof(LimitBlock) == 192 * 1024);

}  // namespace tally::edge
