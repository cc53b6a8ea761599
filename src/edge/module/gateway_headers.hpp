#pragma once

#include "edge/module/ngx.hpp"

namespace tally::edge {

// The headers that API Gateway's own answers have: x-amzn-RequestId, which is the id that the answer's record
// is about to get, so that a caller's complaint finds it; x-amzn-ErrorType, when there is one;
// x-amz-apigw-id.
ngx_int_t add_gateway_headers(ngx_http_request_t* request, const ngx_str_t& error_type);

}  // namespace tally::edge
