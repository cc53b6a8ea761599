#pragma once

#include "edge/module/ngx.hpp"

namespace tally::edge {

// What nginx writes behind a message in its error log, without the query string and the Referer, where
// callers put keys. Installed as the request's log handler.
u_char* log_without_secrets(ngx_http_request_t* request, ngx_http_request_t* subrequest, u_char* to,
                            std::size_t room);

}  // namespace tally::edge
