#pragma once

#include <string_view>

namespace tally::lake {

// Whether all of it is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

// Whether a byte of a well-formed text begins a character.
constexpr bool starts_utf8_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

}  // namespace tally::lake
