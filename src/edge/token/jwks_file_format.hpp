#pragma once

#include <cstddef>
#include <cstdint>

// A token issuer's public keys as the server publishes them to nginx's workers; docs/formats/jwks-file.md.
// Everything is little-endian.
//
//   key file = JwksFileHeader (JwksKeyHeader kid der zeros to a multiple of 8)[key_count]
//
// The server makes a whole new file for other keys and renames it over the old one. The three fields at the
// header's end change in place.
namespace tally::edge {

inline constexpr char kJwksFileMagic[8] = {'T', 'A', 'L', 'L', 'Y', 'J', 'W', 'K'};
inline constexpr std::uint32_t kJwksFileVersion = 1;
inline constexpr std::size_t kJwksKeysMax = 64;
inline constexpr std::size_t kKidSizeMax = 128;
inline constexpr std::size_t kJwksDerSizeMax = 1200;  // RSA of 8192 bits needs 1,062

struct JwksFileHeader {
    char magic[8];
    std::uint32_t version;
    std::uint32_t header_size;   // sizeof(JwksFileHeader)
    std::uint32_t content_size;  // bytes after the header
    std::uint32_t key_count;
    std::uint32_t issuer_size;
    char issuer[512];           // whose keys these are, exactly as a token's "iss" names it
    std::uint32_t content_crc;  // CRC-32C of the bytes after the header
    std::uint32_t header_crc;   // CRC-32C of all bytes above
    std::uint32_t reserved;     // 0
    // From here on changed in place, by atomic stores.
    std::int64_t fetched_at_us;    // when the server last got these keys; microseconds since 1970
    std::int64_t usable_until_us;  // from then on nobody may be let in by them
    std::uint64_t unknown_kids;    // tokens that named another key; workers add, the server looks
};

static_assert(sizeof(JwksFileHeader) == 576);
inline constexpr std::size_t kJwksFileCrcSpan = offsetof(JwksFileHeader, header_crc);
static_assert(kJwksFileCrcSpan == 544);
static_assert(offsetof(JwksFileHeader, fetched_at_us) == 552);

struct JwksKeyHeader {
    std::uint32_t size;      // of the whole key with this header, a multiple of 8
    std::uint8_t algorithm;  // TokenAlgorithm
    std::uint8_t kid_size;   // 0: the issuer gives it no name
    std::uint16_t der_size;  // of the SubjectPublicKeyInfo
};

static_assert(sizeof(JwksKeyHeader) == 8);
inline constexpr std::size_t kJwksFileSizeMax =
    sizeof(JwksFileHeader) + kJwksKeysMax * (sizeof(JwksKeyHeader) + kKidSizeMax + kJwksDerSizeMax);

}  // namespace tally::edge
