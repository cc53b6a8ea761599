#pragma once

#include <cstddef>
#include <cstdint>

// The bytes of the plan table, version 1: what each usage plan allows. The page is
// docs/formats/plan-table.md. Plain structs without the C++ library, because the nginx module includes this
// header. Little-endian.
//
//   plan table = PlanTableHeader padding-to-4096 place[capacity] record*
//   place      = u64: where the record of the plan with this ordinal starts; 0 = no such plan
//   record     = PlanRecord MethodRecord[method_count] name text-of-methods
//
// A record never changes once its place names it; a change writes a new one behind the last and then the
// place, in one store. So readers see the old plan or the new one, whoever dies when.
namespace tally::edge {

inline constexpr char kPlanTableMagic[8] = {'T', 'A', 'L', 'L', 'Y', 'P', 'L', 'N'};
inline constexpr std::uint32_t kPlanTableVersion = 1;
inline constexpr std::uint64_t kPlanTableHeaderSize = 4096;
inline constexpr std::uint64_t kPlanRecordAlignment = 64;
inline constexpr std::size_t kPlanNameSizeMax = 255;
inline constexpr std::size_t kMethodNameSizeMax = 32;
inline constexpr std::size_t kMethodPathSizeMax = 1024;

struct PlanTableHeader {
    char magic[8];
    std::uint32_t version;
    std::uint32_t header_size;  // kPlanTableHeaderSize: where the first place stands
    std::uint64_t capacity;     // places; ordinals lie below it
    std::uint64_t file_size;
    std::uint64_t generation;   // one more than in the file that this one replaced
    std::uint64_t boot_digest;  // of the kernel's boot id: after a power cut the records may be torn
    std::uint32_t reserved0;
    std::uint32_t header_crc;  // CRC-32C of all bytes above
    // From here on rewritten in place.
    std::uint32_t superseded;  // 1: look at the path again
    std::uint32_t reserved1;
    std::uint64_t end;  // where the next record goes
    std::uint64_t reserved[7];
};

static_assert(sizeof(PlanTableHeader) == 128);
inline constexpr std::size_t kPlanTableCrcSpan = offsetof(PlanTableHeader, header_crc);
static_assert(kPlanTableCrcSpan == 52);

// A token bucket of `burst` tokens that gets one each `interval_ns`.
struct BucketShape {
    std::uint64_t interval_ns;   // 10^12 / rate_milli, rounded, at least 1; 0 = no throttle
    std::uint64_t tolerance_ns;  // burst * interval_ns, at most kToleranceMaxNs
};

inline constexpr std::uint64_t kToleranceMaxNs = std::uint64_t{1} << 62;  // 146 years

inline constexpr std::int64_t kNoQuota = -1;

struct PlanRecord {
    std::uint32_t ordinal;
    std::uint32_t size;  // of the whole record
    BucketShape bucket;
    std::int64_t quota_limit;  // kNoQuota, or requests a period
    std::int64_t quota_offset;
    std::uint8_t quota_period;  // QuotaPeriod
    std::uint8_t method_count;
    std::uint8_t name_size;
    std::uint8_t reserved0;
    std::uint32_t name_offset;  // from the record's start
    std::int64_t rate_milli;    // what bucket.interval_ns was made from
};

static_assert(sizeof(PlanRecord) == 56);

// In the order in which they are tried.
struct MethodRecord {
    BucketShape bucket;
    std::int64_t rate_milli;
    std::uint32_t text_offset;  // from the record's start: the method's bytes, then the path's
    std::uint16_t path_size;
    std::uint8_t method_size;  // 0 = any method
    std::uint8_t
        bucket_number;        // which of a key's method buckets in the limit file; kept when the plan changes
    std::uint64_t is_prefix;  // 1: the path is what a request's path begins with
};

static_assert(sizeof(MethodRecord) == 40);

}  // namespace tally::edge
