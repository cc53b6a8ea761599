#pragma once

#include "edge/module/ngx.hpp"

namespace tally::edge {

// For an answer of the upstream that nginx is about to put into its cache: how long it may be served from
// there, as CloudFront reckons it from the answer's Cache-Control and Expires and the location's
// `tallyman_cache_ttl`. To be called from the header filter, also for subrequests; nginx must be told to
// leave these headers alone (proxy_ignore_headers). Answers with a status of 400 and above are left to
// proxy_cache_valid.
void set_cache_ttl_of_answer(ngx_http_request_t* request);

}  // namespace tally::edge
