#pragma once

#include <cstddef>
#include <string_view>

namespace tally::edge {

inline constexpr std::size_t kNotBase64url = static_cast<std::size_t>(-1);

// Bytes that `size` characters of base64url stand for.
constexpr std::size_t base64url_room(std::size_t size) {
    return size / 4 * 3 + (size % 4 * 3) / 4;
}

// RFC 4648 §5 as JOSE uses it, strictly: no padding, no other characters, unused bits zero, so that every
// content has one spelling. `to` has base64url_room() bytes. The size, or kNotBase64url. Free of the C++
// library.
std::size_t decode_base64url(std::string_view text, unsigned char* to);

}  // namespace tally::edge
