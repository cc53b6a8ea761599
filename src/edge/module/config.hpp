#pragma once

#include "edge/module/cache_config.hpp"
#include "edge/module/dimensions.hpp"
#include "edge/module/header_names.hpp"
#include "edge/module/ngx.hpp"
#include "edge/module/record_constants.hpp"
#include "edge/module/token_config.hpp"

namespace tally::edge {

// Set once for all of http{}.
struct MainConfig {
    ngx_str_t capture_folder;  // zero-terminated, like the paths below
    ngx_str_t key_table;
    ngx_str_t counters;
    ngx_str_t plan_table;  // empty, like limits, where there are no limits
    ngx_str_t limits;
    TokenConfig token;
    off_t segment_size;
    off_t capture_size_max;
    ngx_flag_t used;                  // some location has `tallyman on`
    ngx_flag_t durable;               // and one of those `tallyman_durable on`
    ngx_thread_pool_t* sync_threads;  // null = there is no durable location
};

enum OnFull : ngx_uint_t { kReject, kServe };

// Set for http{}, server{} and location{}, inherited inwards.
struct LocationConfig {
    ngx_flag_t enabled;
    ngx_flag_t anonymous;
    ngx_flag_t token;    // callers may have, and without `anonymous` need, a token where there is an issuer
    ngx_flag_t durable;  // the answer waits until its record is on disk
    ngx_uint_t on_full;
    ngx_flag_t gateway_errors;
    ngx_uint_t methods;        // those that are let in, as nginx's NGX_HTTP_GET and so on
    ngx_array_t* key_headers;  // of HeaderName
    ngx_str_t stage;
    ngx_str_t edge_location;
    ngx_str_t distribution;
    DimensionConfig dimensions;
    ngx_str_t behavior;  // its name in the record; empty = the location's name
    CacheConfig cache;
    RecordConstants constants;    // made of the above
    std::uint64_t secret_hashes;  // the same; see caller.hpp
};

extern ngx_http_module_t module_context;
extern ngx_command_t commands[];

MainConfig* main_config(ngx_cycle_t* cycle);
const LocationConfig* location_config(ngx_http_request_t* request);

}  // namespace tally::edge
