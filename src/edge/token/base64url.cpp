#include "edge/token/base64url.hpp"

#include <cstdint>

namespace tally::edge {
namespace {

// The six bits of a character; 64 for those that have none.
unsigned value_of(char c) {
    if (c >= 'A' && c <= 'Z')
        return static_cast<unsigned>(c - 'A');
    if (c >= 'a' && c <= 'z')
        return static_cast<unsigned>(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return static_cast<unsigned>(c - '0') + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : 64;
}

}  // namespace

std::size_t decode_base64url(std::string_view text, unsigned char* to) {
    if (text.size() % 4 == 1)
        return kNotBase64url;
    std::size_t size = 0;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const unsigned value = value_of(c);
        if (value > 63)
            return kNotBase64url;
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            to[size++] = static_cast<unsigned char>(bits >> count);
        }
    }
    return (bits & ((1U << count) - 1)) == 0 ? size : kNotBase64url;
}

}  // namespace tally::edge
