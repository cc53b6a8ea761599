#include "accounts/key_format.hpp"

#include <algorithm>
#include <array>

namespace tally::accounts {

namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
        table[i] = crc;
    }
    return table;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

// 62^6 is above 2^32, so six digits always suffice.
std::string checksum_digits(std::string_view text) {
    std::uint32_t crc = crc32(text);
    std::string digits(kKeyChecksumDigits, kDigits[0]);
    for (std::size_t i = digits.size(); i > 0; --i) {
        digits[i - 1] = kDigits[crc % 62];
        crc /= 62;
    }
    return digits;
}

}  // namespace

std::uint32_t crc32(std::string_view text) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char c : text)
        crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xFFU];
    return ~crc;
}

Secret make_key(RandomSource& random) {
    std::string key(kKeyPrefix);
    key.reserve(kKeyLength);  // no second copy of the secret is left in freed memory
    key += random_base62(random, kKeyRandomDigits);
    key += checksum_digits(key);
    Secret made(key);
    std::fill(key.begin(), key.end(), '\0');
    return made;
}

bool has_key_prefix(std::string_view text) {
    return text.starts_with(kKeyPrefix);
}

bool is_well_formed_key(std::string_view text) {
    if (text.size() != kKeyLength || !has_key_prefix(text))
        return false;
    const std::string_view digits = text.substr(kKeyPrefix.size());
    if (digits.find_first_not_of(kDigits) != std::string_view::npos)
        return false;
    const std::size_t checked = kKeyLength - kKeyChecksumDigits;
    return checksum_digits(text.substr(0, checked)) == text.substr(checked);
}

}  // namespace tally::accounts
