#pragma once

#include "edge/module/ngx.hpp"

namespace tally::edge {

// Hangs the module into nginx's way of a request:
//
//   PREACCESS      who is calling, may they, is there room for the record?   identify.cpp
//   header filter  the whole record, before the first response byte leaves   capture_request.cpp
//   log            the record's final numbers
ngx_int_t install_phases(ngx_conf_t* cf);

ngx_int_t identify_request(ngx_http_request_t* request);
ngx_int_t capture_response_header(ngx_http_request_t* request);
ngx_int_t complete_request(ngx_http_request_t* request);

// The rest of the filter chains.
ngx_int_t next_header_filter(ngx_http_request_t* request);
ngx_int_t next_body_filter(ngx_http_request_t* request, ngx_chain_t* in);

}  // namespace tally::edge
