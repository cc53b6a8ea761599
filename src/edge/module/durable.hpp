#pragma once

#include "edge/module/request_context.hpp"

namespace tally::edge {

// Durable routes: the first byte of the answer leaves when the request's record is on disk.
//
// The header filter has written the record; then the answer waits, header and body, while a thread of nginx's
// pool syncs the segment (group_commit.hpp) and the worker serves others. What the content handler sends
// meanwhile is kept by reference, as nginx keeps what a slow client does not take, so the same bounds hold.
// When the sync fails the answer is 503 where `on_full` is reject, and goes out all the same where it is
// serve.
//
// The event loop is blocked for one sync where an answer cannot wait: 101 (an upgraded connection bypasses
// the body filters) and output of a subrequest that comes before the main request's header has left.

// Adds the body filter. After install_phases(), only where some location is durable.
void install_durable();

// Whether the answer of this request must wait.
bool is_durable(ngx_http_request_t* request, const RequestContext& context);

// In place of next_header_filter(), when the record has been written and is pending.
ngx_int_t send_when_durable(ngx_http_request_t* request, RequestContext& context);

// The answer waits: a second header for it is an error of the content handler.
bool waits_for_sync(const RequestContext& context);

}  // namespace tally::edge
