#pragma once

#include "edge/module/header_names.hpp"
#include "edge/module/ngx.hpp"

namespace tally::edge {

// Which part of the query tells one cached answer from another.
enum KeyQuery : ngx_uint_t { kQueryAll, kQueryNone, kQueryNamed };

// How answers of a location are cached; proxy_cache does the caching itself.
struct CacheConfig {
    time_t ttl_min;  // seconds; NGX_CONF_UNSET: what nginx makes of the answer's headers stands
    time_t ttl_default;
    time_t ttl_max;
    ngx_uint_t key_query;
    ngx_array_t* key_query_names;  // of ngx_str_t, when key_query is kQueryNamed
    ngx_array_t* key_headers;      // of HeaderName; null = none
};

void unset_cache_config(CacheConfig& config);
void merge_cache_config(const CacheConfig& outer, CacheConfig& inner);

// Configuration handlers of `tallyman_cache_ttl` and `tallyman_cache_key_query`.
char* set_cache_ttl(ngx_conf_t* cf, ngx_command_t* command, void* config);
char* set_cache_key_query(ngx_conf_t* cf, ngx_command_t* command, void* config);

}  // namespace tally::edge
