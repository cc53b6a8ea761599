#pragma once

#include "edge/module/request_context.hpp"

namespace tally::edge {

// Answers as API Gateway does, by context.refusal, and ends the request. The result of the phase handler.
ngx_int_t refuse(ngx_http_request_t* request, RequestContext& context);

// The same from the header filter, in place of an answer that was on its way. The connection ends with it.
// The result of the filter.
ngx_int_t refuse_late(ngx_http_request_t* request, RequestContext& context);

}  // namespace tally::edge
