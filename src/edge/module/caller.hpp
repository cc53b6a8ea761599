#pragma once

#include "edge/module/request_context.hpp"
#include "edge/module/worker.hpp"

#include <cstdint>

namespace tally::edge {

// Reads the key from the request's headers and looks it up: fills auth, key, slot, key_table_missing,
// secret_headers, header_count and headers_room.
void find_caller(ngx_http_request_t* request, RequestContext& context, Worker& worker);

// A bit for each hash of a header name, modulo 64, that is_secret_header() may be true of.
std::uint64_t secret_hashes(const ngx_array_t& key_headers);

// True for the headers whose values are keys or credentials and never reach the record; `number` counts from
// 0.
bool is_secret_header(const ngx_table_elt_t& header, std::size_t number, const RequestContext& context);

// Where `Authorization: Bearer …` has its token; empty for other schemes.
ngx_str_t bearer_token(const ngx_str_t& value);

// What stands in a record in place of a key: the key's id, or "unknown_" and 16 hex digits of its digest.
struct KeyMask {
    char text[kKeyIdSizeMax + 1];
    std::size_t size;
};

KeyMask mask_of(const void* key, std::size_t size, const RequestContext& context, Worker& worker);

inline constexpr std::size_t kMaskSizeMax = kKeyIdSizeMax;

}  // namespace tally::edge
