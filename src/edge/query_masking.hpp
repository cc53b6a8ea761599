#pragma once

#include "edge/byte_search.hpp"

#include <cstddef>
#include <cstdint>

namespace tally::edge {

// A stretch of a query string: plain text to be kept, or the value of a parameter that carries an API key.
struct QueryPiece {
    const unsigned char* data = nullptr;
    std::size_t size = 0;
    bool is_key = false;
};

// Walks a query string (without '?') piece by piece; all pieces together are the whole string. The values of
// the parameters cf_api_key, api_key, apikey, api-key, x-api-key, x_api_key and access_token are keys,
// whatever the case and percent-encoding of the name. Free of the C++ library, because the nginx module uses
// it.
class QueryPieces {
  public:
    QueryPieces(const void* query, std::size_t size);

    // False at the end.
    bool next(QueryPiece& piece);

  private:
    const unsigned char* at_;
    const unsigned char* end_;
    const unsigned char* key_end_ = nullptr;  // set while the next piece is a key's value
};

// The same question as has_key_parameter(), asked thoroughly.
bool is_key_in(const unsigned char* from, const unsigned char* end);

// Whether the name before this '=' may end as the names of keys do, in "key" or "token": in a y or an n, or
// in what encodes them: %79, %59, %6e, %4e. May say yes to others.
inline bool may_end_key_name(const unsigned char* from, const unsigned char* equal) {
    const auto bit = [](unsigned char c) { return std::uint32_t{1} << (c & 31U); };
    const std::uint32_t last = bit(equal[-1]);
    if ((last & (bit('y') | bit('n') | bit('9'))) != 0)
        return true;
    return (last & bit('e')) != 0 && equal - from >= 3 && equal[-3] == '%';
}

// True when the query has a key in it. Most have no '=' behind what may be a key's name.
inline bool has_key_parameter(const void* query, std::size_t size) {
    const auto* const from = static_cast<const unsigned char*>(query);
    const unsigned char* const end = from + size;
    for (const unsigned char* at = from; (at = find_byte(at, end, '=')) < end; ++at)
        if (at > from && may_end_key_name(from, at)) [[unlikely]]
            return is_key_in(from, end);
    return false;
}

// Undoes percent-encoding ('+' stays). At most `room` bytes; returns how many. Broken escapes stay as they
// are.
std::size_t percent_decode(const unsigned char* from, std::size_t size, unsigned char* to, std::size_t room);

}  // namespace tally::edge
