#pragma once

#include <cstddef>

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

// True when the query has a key in it.
bool has_key_parameter(const void* query, std::size_t size);

// Undoes percent-encoding ('+' stays). At most `room` bytes; returns how many. Broken escapes stay as they
// are.
std::size_t percent_decode(const unsigned char* from, std::size_t size, unsigned char* to, std::size_t room);

}  // namespace tally::edge
