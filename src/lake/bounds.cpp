#include "lake/bounds.hpp"

#include "lake/utf8.hpp"

#include <bit>
#include <cstring>

#include <fmt/format.h>

namespace tally::lake {
namespace {

static_assert(std::endian::native == std::endian::little, "bounds are copied as they lie in memory");

template <class T>
std::string little_endian(T value) {
    std::string bytes(sizeof(T), '\0');
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
}

constexpr char32_t kSurrogatesFirst = 0xD800;
constexpr char32_t kSurrogatesLast = 0xDFFF;
constexpr char32_t kCodePointMax = 0x10FFFF;

char32_t decode_code_point(std::string_view bytes) {
    const auto first = static_cast<unsigned char>(bytes[0]);
    if (bytes.size() == 1)
        return first;
    char32_t point = first & (0xFFU >> (bytes.size() + 1));
    for (const char byte : bytes.substr(1))
        point = (point << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
    return point;
}

void append_code_point(std::string& out, char32_t point) {
    const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0U | (point >> 6U));
        put(0x80U | (point & 0x3FU));
    } else if (point < 0x10000) {
        put(0xE0U | (point >> 12U));
        put(0x80U | ((point >> 6U) & 0x3FU));
        put(0x80U | (point & 0x3FU));
    } else {
        put(0xF0U | (point >> 18U));
        put(0x80U | ((point >> 12U) & 0x3FU));
        put(0x80U | ((point >> 6U) & 0x3FU));
        put(0x80U | (point & 0x3FU));
    }
}

}  // namespace

std::string serialize_int(std::int32_t value) {
    return little_endian(value);
}

std::string serialize_long(std::int64_t value) {
    return little_endian(value);
}

std::string serialize_double(double value) {
    return little_endian(value);
}

Result<std::int32_t> parse_int_bound(std::string_view bytes) {
    std::int32_t value = 0;
    if (bytes.size() != sizeof(value))
        return Error{ErrorCode::kCorruption,
                     fmt::format("a bound of an int or date has {} bytes instead of 4", bytes.size())};
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

std::string_view lower_string_bound(std::string_view text, std::size_t characters) {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!starts_utf8_character(text[i]))
            continue;
        if (seen == characters)
            return text.substr(0, i);
        ++seen;
    }
    return text;
}

std::optional<std::string> upper_string_bound(std::string_view text, std::size_t characters) {
    std::string_view kept = lower_string_bound(text, characters);
    if (kept.size() == text.size())
        return std::string(text);
    while (!kept.empty()) {
        std::size_t start = kept.size() - 1;
        while (start > 0 && !starts_utf8_character(kept[start]))
            --start;
        char32_t point = decode_code_point(kept.substr(start));
        kept = kept.substr(0, start);
        if (point >= kCodePointMax)
            continue;
        ++point;
        // Surrogates are no characters of UTF-8.
        if (point >= kSurrogatesFirst && point <= kSurrogatesLast)
            point = kSurrogatesLast + 1;
        std::string raised(kept);
        append_code_point(raised, point);
        return raised;
    }
    return std::nullopt;
}

}  // namespace tally::lake
