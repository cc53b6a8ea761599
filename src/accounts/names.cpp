#include "accounts/names.hpp"

#include <cstdint>

#include <fmt/format.h>

namespace tally::accounts {

namespace {

// The length of a UTF-8 sequence by its first byte, 0 when no sequence begins like that.
std::size_t sequence_length(unsigned char first) {
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first < 0xE0)
        return 2;
    if (first >= 0xE0 && first < 0xF0)
        return 3;
    return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

// The code point of a whole sequence; 0xFFFFFFFF when a byte after the first is none of its kind.
std::uint32_t code_point(std::string_view sequence) {
    const auto first = static_cast<unsigned char>(sequence.front());
    if (sequence.size() == 1)
        return first;
    std::uint32_t point = first & (0xFFU >> (sequence.size() + 1));
    for (const char byte : sequence.substr(1)) {
        const auto value = static_cast<unsigned char>(byte);
        if ((value & 0xC0U) != 0x80U)
            return 0xFFFFFFFFU;
        point = (point << 6) | (value & 0x3FU);
    }
    return point;
}

}  // namespace

bool is_utf8(std::string_view text) {
    constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    while (!text.empty()) {
        const std::size_t length = sequence_length(static_cast<unsigned char>(text.front()));
        if (length == 0 || length > text.size())
            return false;
        const std::uint32_t point = code_point(text.substr(0, length));
        const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
        if (point > 0x10FFFF || point < kSmallest[length] || surrogate)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

Status check_name(std::string_view text, std::string_view pointer) {
    const auto wrong = [&](std::string message) {
        return Error{ErrorCode::kInvalidArgument, std::move(message), std::string(pointer)};
    };
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (text.empty())
        return wrong("must not be empty");
    if (text.size() > kNameSizeMax)
        return wrong(fmt::format("has {} bytes; at most {} are allowed", text.size(), kNameSizeMax));
    if (!is_utf8(text))
        return wrong("is not UTF-8");
    for (const char c : text)
        if (is_control(c))
            return wrong("has a control character");
    if (text.front() == ' ' || text.back() == ' ')
        return wrong("begins or ends with a blank");
    return {};
}

}  // namespace tally::accounts
