#pragma once

#include "edge/module/request_context.hpp"
#include "edge/module/worker.hpp"

namespace tally::edge {

// For a caller without a key, where tokens are configured: takes the JWT out of Authorization ("Bearer …", or
// the raw token), verifies it or remembers that it did, and fills context.auth, principal and slot as a key
// would. kInvalidToken and kExpiredToken where it cannot be trusted; kUnknownKey where nobody is behind the
// principal; kMissingKey or kAnonymous, as the location has it, where there is none.
void find_token_caller(ngx_http_request_t* request, RequestContext& context, Worker& worker);

// A worker's start: maps the issuer's keys, if there is an issuer.
void open_tokens(Worker& worker);

// Once a second: the keys that the server published since.
void refresh_tokens(Worker& worker);

}  // namespace tally::edge
