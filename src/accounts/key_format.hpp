#pragma once

#include "base/random.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tally::accounts {

// An API key of ours: "tm_live_" + 30 base62 digits (178 bits) + 6 base62 digits of the CRC-32 (ISO-HDLC, as
// in zlib) of all that stands before, most significant digit first, digits in the order 0-9 A-Z a-z. The
// checksum lets a mistyped key be refused, and a leaked one be recognised, without a look-up.
inline constexpr std::string_view kKeyPrefix = "tm_live_";
inline constexpr std::size_t kKeyRandomDigits = 30;
inline constexpr std::size_t kKeyChecksumDigits = 6;
inline constexpr std::size_t kKeyLength = kKeyPrefix.size() + kKeyRandomDigits + kKeyChecksumDigits;

// For secret scanners.
inline constexpr std::string_view kKeyRegex = "tm_live_[0-9A-Za-z]{36}";

Secret make_key(RandomSource& random);

// True for the prefix, the length, the digits and a right checksum.
bool is_well_formed_key(std::string_view text);

// True when the text claims to be a key of ours; such a text that is not well formed needs no look-up.
bool has_key_prefix(std::string_view text);

// CRC-32 (ISO-HDLC): reflected 0x04C11DB7, initial value and final xor 0xFFFFFFFF.
std::uint32_t crc32(std::string_view text);

}  // namespace tally::accounts
