#pragma once

#include "base/crc32c.hpp"

#include <cstddef>
#include <cstdint>

// The bytes of a capture segment, version 2; what was different in version 1 is in format_v1.hpp. The page is
// docs/formats/capture-log.md; numbers there are asserted here. Plain structs without the C++ library,
// because the nginx module includes this header. Little-endian.
//
//   segment  = SegmentHeader record* zeros
//   record   = RecordHeader Completion FixedPart string_length[kStringCount] string_bytes padding-to-8
//
// A record is committed by the release store of RecordHeader::size, which is written last. It is *pending*
// until its Completion is stored: fields first, then crc, then state with release order. One process writes a
// segment and holds flock(LOCK_EX) on it for as long as it may still write; the lock ends with the process,
// however that ends. A file is named <writer, 16 hex>-<segment number, 8 decimal digits>.seg; while it is
// being made its name ends in .tmp.
namespace tally::capture {

inline constexpr char kMagic[8] = {'T', 'A', 'L', 'L', 'Y', 'S', 'E', 'G'};
inline constexpr std::uint32_t kFormatVersion = 2;
inline constexpr std::uint32_t kRecordAlignment = 8;
inline constexpr std::uint32_t kRecordSizeMax =
    128U * 1024U;  // a longer one is captured with long strings cut
inline constexpr std::uint32_t kStringSizeMax = 65535;

struct SegmentHeader {
    char magic[8];
    std::uint32_t version;
    std::uint32_t header_size;     // sizeof(SegmentHeader): where the first record starts
    std::uint64_t writer;          // RecordId::writer
    std::uint64_t segment_number;  // within the writer's life, from 0
    std::uint64_t first_sequence;  // of the first record here
    std::uint64_t created_us;      // wall clock, microseconds since 1970
    std::uint64_t capacity;        // bytes of the whole file, preallocated
    std::uint32_t pid;
    std::uint32_t header_crc;  // CRC-32C of all bytes above
    // From here on rewritten in place.
    std::uint32_t sealed;       // 1: complete, nothing pending, no record will follow
    std::uint32_t seal_crc;     // valid when sealed, see seal_crc()
    std::uint64_t sealed_size;  // valid when sealed: offset behind the last record
    std::uint64_t sealed_end;   // valid when sealed: sequence behind the last record
    std::uint32_t suspect;      // 1: a sync of this file failed; it must not be synced or written again
    std::uint32_t reserved0;
    std::uint64_t reserved[4];
};

static_assert(sizeof(SegmentHeader) == 128);
inline constexpr std::size_t kHeaderCrcSpan = offsetof(SegmentHeader, header_crc);

struct RecordHeader {
    std::uint32_t size;  // of the whole record, a multiple of 8; 0 = no record here yet
    std::uint32_t crc;   // see record_crc(): everything but the Completion
    std::uint64_t sequence;
};

static_assert(sizeof(RecordHeader) == 16);

inline constexpr std::uint32_t kPending = 0;
inline constexpr std::uint32_t kDone = 1;

// What is known only when the request has ended. Written twice: with what is known at the first response byte
// (state kPending), and for good in the log phase (state kDone).
struct Completion {
    std::uint32_t state;
    std::uint32_t crc;  // see completion_crc(): the state and all fields below
    std::int64_t time_taken_us;
    std::int64_t bytes_sent;
    std::int64_t bytes_received;
    std::int64_t content_length;
    std::int64_t range_start;
    std::int64_t range_end;
    std::int64_t origin_first_byte_us;
    std::int64_t origin_last_byte_us;
    std::uint16_t status;
    std::uint8_t result;           // ResultType
    std::uint8_t detailed_result;  // DetailedResult
    std::uint8_t cache_status;     // CacheStatus
    std::uint8_t reserved[3];
};

static_assert(sizeof(Completion) == 80);

inline constexpr std::uint8_t kFlagHttps = 1;
inline constexpr std::uint8_t kFlagIpv6 = 2;
inline constexpr std::uint8_t kFlagWebSocket = 4;
inline constexpr std::uint8_t kFlagCut = 8;  // some string was cut to fit; 16 is taken by version 1
// The headers string is "Name" NUL SP "Value" NUL LF for each header, without the last NUL LF: the bytes of
// nginx's buffer in one piece. Without the flag it is "Name:Value\n" for each.
inline constexpr std::uint8_t kFlagRawHeaders = 32;
// One byte stands between method and path, and one between path and query when the query is not empty; no
// length counts them. The bytes of the request line in one piece.
inline constexpr std::uint8_t kFlagRequestLine = 64;
inline constexpr std::uint8_t kFlagPathIsStem = 128;  // the resource path is the stem, and not written again

// What is known when the first response byte is about to leave; never changed afterwards.
struct FixedPart {
    std::uint64_t time_us;       // request start, wall clock
    std::int64_t first_byte_us;  // request start to response header
    unsigned char client_address[16];
    unsigned char server_address[16];
    std::uint16_t client_port;
    std::uint16_t http_version;  // 10, 11, 20
    std::uint16_t tls_protocol;
    std::uint16_t tls_cipher;
    std::uint16_t header_count;
    std::uint8_t flags;
    std::uint8_t auth;             // AuthResult
    std::uint8_t response_result;  // ResultType
    // Set by commit() from the Completion: they stand in when a crash cuts the final Completion short.
    std::uint8_t first_cache_status;
    std::uint16_t first_status;
};

static_assert(sizeof(FixedPart) == 64);

// The order in which the strings stand. What belongs together stands together, four a word of lengths.
enum StringIndex : unsigned {
    kKeyId,
    kCustomerId,
    kUsagePlan,
    kPrincipal,
    kStage,
    kEdgeLocation,
    kDistribution,
    kBehaviorPattern,
    kMethod,
    kUriStem,
    kUriQuery,
    kResourcePath,
    kContentType,
    kDimensions,
    kStringReserved14,
    kHeaders,
    kStringCount = 16
};

inline constexpr std::size_t kCompletionOffset = sizeof(RecordHeader);
inline constexpr std::size_t kFixedOffset = kCompletionOffset + sizeof(Completion);
inline constexpr std::size_t kLengthsOffset = kFixedOffset + sizeof(FixedPart);
inline constexpr std::size_t kStringsOffset = kLengthsOffset + kStringCount * sizeof(std::uint16_t);
static_assert(kStringsOffset == 192);
inline constexpr std::uint32_t kRecordSizeMin = kStringsOffset;

// Every checksum of a segment starts from its writer's id and the version, so that bytes of another writer
// never fit, and a record tells its version when the segment's header cannot be read.
inline std::uint32_t writer_seed(std::uint64_t writer, std::uint64_t version = kFormatVersion) {
    const std::uint64_t words[2] = {writer, version};
    return crc32c(words, version == 1 ? sizeof writer : sizeof words);
}

// `record` points at the RecordHeader. Size and sequence are arguments because the writer stores them last.
inline std::uint32_t record_crc(std::uint32_t seed, std::uint32_t size, std::uint64_t sequence,
                                const unsigned char* record) {
    return crc32c_behind(size, sequence, record + kFixedOffset, size - kFixedOffset, seed);
}

inline constexpr std::size_t kCompletionFields = offsetof(Completion, time_taken_us);

// The state is an argument because it is stored last: a reader that finds an old state beside a checksum for
// kDone knows that the values are final.
inline std::uint32_t completion_crc(std::uint32_t seed, std::uint64_t sequence, std::uint32_t state,
                                    const Completion& completion) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&completion);
    return crc32c_behind(state, sequence, bytes + kCompletionFields, sizeof(Completion) - kCompletionFields,
                         seed);
}

inline std::uint32_t seal_crc(std::uint32_t seed, std::uint64_t segment_number, std::uint64_t sealed_size,
                              std::uint64_t sealed_end) {
    const std::uint64_t seal[3] = {segment_number, sealed_size, sealed_end};
    return crc32c(seal, sizeof seal, seed);
}

}  // namespace tally::capture
