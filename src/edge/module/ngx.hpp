#pragma once

// The one place where nginx's C headers come in.
extern "C" {
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
}

#include <cstddef>

#if nginx_version != 1022001
#error \
    "The module is written for nginx 1.22.1: later versions keep Cookie and X-Forwarded-For in other shapes."
#endif

extern "C" ngx_module_t ngx_http_tallyman_module;

namespace tally::edge {

// A literal as nginx's string, which is not const although nginx never writes to it.
template <std::size_t Size>
ngx_str_t str(const char (&literal)[Size]) {
    return {Size - 1, reinterpret_cast<u_char*>(const_cast<char*>(literal))};
}

}  // namespace tally::edge
