#pragma once

#include "capture/format.hpp"
#include "edge/module/ngx.hpp"

namespace tally::edge {

// Addresses, port, protocol and TLS of the request's connection. The client's address is the socket's, or
// what nginx's realip module made of it.
void describe_connection(ngx_http_request_t* request, capture::FixedPart& fixed);

}  // namespace tally::edge
