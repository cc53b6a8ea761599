#pragma once

#include "edge/module/request_context.hpp"

namespace tally::edge {

// Where nginx is about to send its own HTML page of an error and the location has `tallyman_gateway_errors
// on`: makes it the JSON that API Gateway answers in its place. The headers are changed here, in the header
// filter and before the record is written; send_gateway_error gives the body. Other answers stay as they are.
void turn_into_gateway_error(ngx_http_request_t* request, RequestContext& context);

// The body filter: passes everything on, but for the body of such a page.
ngx_int_t send_gateway_error(ngx_http_request_t* request, ngx_chain_t* in);

}  // namespace tally::edge
