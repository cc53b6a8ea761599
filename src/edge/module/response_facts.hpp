#pragma once

#include "capture/format.hpp"
#include "edge/module/ngx.hpp"
#include "edge/result_type.hpp"

namespace tally::edge {

// What describe_response() said when the response began, brought up to date in the log phase.
void describe_end(ngx_http_request_t* request, Refusal refusal, capture::Completion& completion);

// Status, bytes, content length, range, times of the upstream, cache status and result types, as far as they
// are known now; `ended`: in the log phase, when the filters behind this module have had their say.
void describe_response(ngx_http_request_t* request, Refusal refusal, bool ended,
                       capture::Completion& completion);

}  // namespace tally::edge
