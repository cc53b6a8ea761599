#include "edge/query_masking.hpp"

#include <cstring>

namespace tally::edge {
namespace {

constexpr std::size_t kNameSizeMax = 12;

int hex_digit(unsigned char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool equals(const unsigned char* name, std::size_t size, const char* other) {
    return std::strlen(other) == size && std::memcmp(name, other, size) == 0;
}

bool is_key_name(const unsigned char* encoded, std::size_t size) {
    unsigned char name[kNameSizeMax + 1];
    if (size > kNameSizeMax * 3)
        return false;
    const std::size_t length = percent_decode(encoded, size, name, sizeof name);
    if (length < 6 || length > kNameSizeMax)
        return false;
    for (std::size_t i = 0; i < length; ++i) {
        if (name[i] >= 'A' && name[i] <= 'Z')
            name[i] = static_cast<unsigned char>(name[i] | 0x20);
        if (name[i] == '-')
            name[i] = '_';
    }
    return equals(name, length, "api_key") || equals(name, length, "cf_api_key") ||
           equals(name, length, "x_api_key") || equals(name, length, "apikey") ||
           equals(name, length, "access_token");
}

// Parameters end at '&' and, as some servers read them, at ';'.
const unsigned char* parameter_end(const unsigned char* from, const unsigned char* end) {
    return find_byte(from, find_byte(from, end, '&'), ';');
}

}  // namespace

std::size_t percent_decode(const unsigned char* from, std::size_t size, unsigned char* to, std::size_t room) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < size && length < room; ++i) {
        to[length] = from[i];
        if (from[i] == '%' && i + 2 < size && hex_digit(from[i + 1]) >= 0 && hex_digit(from[i + 2]) >= 0) {
            to[length] = static_cast<unsigned char>(hex_digit(from[i + 1]) * 16 + hex_digit(from[i + 2]));
            i += 2;
        }
        ++length;
    }
    return length;
}

QueryPieces::QueryPieces(const void* query, std::size_t size)
    : at_(static_cast<const unsigned char*>(query)), end_(at_ + size) {}

bool QueryPieces::next(QueryPiece& piece) {
    if (key_end_ != nullptr) {
        piece = QueryPiece{at_, static_cast<std::size_t>(key_end_ - at_), true};
        at_ = key_end_;
        key_end_ = nullptr;
        return true;
    }
    if (at_ == end_)
        return false;
    const unsigned char* start = at_;
    for (const unsigned char* parameter = at_; parameter < end_;) {
        const unsigned char* stop = parameter_end(parameter, end_);
        const unsigned char* equal = find_byte(parameter, stop, '=');
        if (equal + 1 < stop && is_key_name(parameter, static_cast<std::size_t>(equal - parameter))) {
            at_ = equal + 1;
            key_end_ = stop;
            piece = QueryPiece{start, static_cast<std::size_t>(at_ - start), false};
            return true;
        }
        parameter = stop < end_ ? stop + 1 : end_;
    }
    at_ = end_;
    piece = QueryPiece{start, static_cast<std::size_t>(end_ - start), false};
    return true;
}

bool is_key_in(const unsigned char* from, const unsigned char* end) {
    QueryPieces pieces(from, static_cast<std::size_t>(end - from));
    for (QueryPiece piece; pieces.next(piece);)
        if (piece.is_key)
            return true;
    return false;
}

}  // namespace tally::edge
