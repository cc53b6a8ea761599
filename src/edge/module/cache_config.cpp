#include "edge/module/cache_config.hpp"

#include "edge/module/config.hpp"

#include <cstring>

namespace tally::edge {
namespace {

const ngx_str_t* arguments(const ngx_conf_t* cf) {
    return static_cast<const ngx_str_t*>(cf->args->elts);
}

bool equals(const ngx_str_t& text, const char* other) {
    return text.len == std::strlen(other) && std::memcmp(text.data, other, text.len) == 0;
}

}  // namespace

void unset_cache_config(CacheConfig& config) {
    config.ttl_min = NGX_CONF_UNSET;
    config.key_query = NGX_CONF_UNSET_UINT;
}

void merge_cache_config(const CacheConfig& outer, CacheConfig& inner) {
    if (inner.ttl_min == NGX_CONF_UNSET) {
        inner.ttl_min = outer.ttl_min;
        inner.ttl_default = outer.ttl_default;
        inner.ttl_max = outer.ttl_max;
    }
    if (inner.key_query == NGX_CONF_UNSET_UINT) {
        inner.key_query = outer.key_query == NGX_CONF_UNSET_UINT ? kQueryAll : outer.key_query;
        inner.key_query_names = outer.key_query_names;
    }
    if (inner.key_headers == nullptr)
        inner.key_headers = outer.key_headers;
}

// `tallyman_cache_ttl MIN DEFAULT MAX;`
char* set_cache_ttl(ngx_conf_t* cf, ngx_command_t*, void* config) {
    CacheConfig& cache = static_cast<LocationConfig*>(config)->cache;
    if (cache.ttl_min != NGX_CONF_UNSET)
        return const_cast<char*>("is duplicate");
    time_t* const fields[] = {&cache.ttl_min, &cache.ttl_default, &cache.ttl_max};
    for (int i = 0; i < 3; ++i) {
        ngx_str_t text = arguments(cf)[i + 1];
        *fields[i] = ngx_parse_time(&text, 1);
        if (*fields[i] == static_cast<time_t>(NGX_ERROR))
            return const_cast<char*>("needs three times: min default max");
    }
    if (cache.ttl_min > cache.ttl_max || cache.ttl_default > cache.ttl_max)
        return const_cast<char*>("needs min and default not above max");
    return NGX_CONF_OK;
}

// `tallyman_cache_key_query all|none;` or `tallyman_cache_key_query only NAME …;`
char* set_cache_key_query(ngx_conf_t* cf, ngx_command_t*, void* config) {
    CacheConfig& cache = static_cast<LocationConfig*>(config)->cache;
    if (cache.key_query != NGX_CONF_UNSET_UINT)
        return const_cast<char*>("is duplicate");
    const ngx_str_t* const words = arguments(cf) + 1;
    const ngx_uint_t count = cf->args->nelts - 1;
    if (count == 1 && equals(words[0], "all")) {
        cache.key_query = kQueryAll;
        return NGX_CONF_OK;
    }
    if (count == 1 && equals(words[0], "none")) {
        cache.key_query = kQueryNone;
        return NGX_CONF_OK;
    }
    if (count < 2 || !equals(words[0], "only"))
        return const_cast<char*>("must be \"all\", \"none\" or \"only\" and names of parameters");
    cache.key_query = kQueryNamed;
    cache.key_query_names = ngx_array_create(cf->pool, count - 1, sizeof(ngx_str_t));
    if (cache.key_query_names == nullptr)
        return static_cast<char*>(NGX_CONF_ERROR);
    for (ngx_uint_t i = 1; i < count; ++i)
        *static_cast<ngx_str_t*>(ngx_array_push(cache.key_query_names)) = words[i];
    return NGX_CONF_OK;
}

}  // namespace tally::edge
