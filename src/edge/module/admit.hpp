#pragma once

#include "edge/module/request_context.hpp"
#include "edge/module/worker.hpp"

namespace tally::edge {

// Takes one request out of what an identified caller may make: its token bucket (of the method and path, else
// of the plan), its quota, its customer's prepaid allowance. Exact under any number of workers; takes from
// none where one of them is spent, except that a bucket's token stays taken. Works in shared memory alone: no
// lock, no call that can wait. kNone, or the limit that is reached; kKeyTableUnavailable when the limits of a
// limited caller cannot be read.
Refusal admit_caller(const ngx_http_request_t* request, const RequestContext& context, Worker& worker);

}  // namespace tally::edge
