#pragma once

#include "edge/module/ngx.hpp"
#include "edge/module/worker.hpp"

namespace tally::edge {

// What tells one cached answer from another: scheme, Host, the path as it goes to the upstream, and of query
// and headers what the location's `tallyman_cache_key_…` directives name. nginx writes it into each cache
// file, so no header value stands in it, only its keyed digest, and the same goes for query parameters that
// carry keys. In the request's pool; empty when memory ran out.
ngx_str_t cache_key(const ngx_http_request_t* request, const Worker& worker);

}  // namespace tally::edge
