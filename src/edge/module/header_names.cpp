#include "edge/module/header_names.hpp"

namespace tally::edge {

char* set_header_names(ngx_conf_t* cf, ngx_command_t* command, void* config) {
    auto*& names = *reinterpret_cast<ngx_array_t**>(static_cast<char*>(config) + command->offset);
    if (names != nullptr)
        return const_cast<char*>("is duplicate");
    const auto* const arguments = static_cast<const ngx_str_t*>(cf->args->elts);
    names = ngx_array_create(cf->pool, cf->args->nelts - 1, sizeof(HeaderName));
    if (names == nullptr)
        return static_cast<char*>(NGX_CONF_ERROR);
    for (ngx_uint_t i = 1; i < cf->args->nelts; ++i) {
        const ngx_str_t& name = arguments[i];
        auto* header = static_cast<HeaderName*>(ngx_array_push(names));
        if (name.len == 0)
            return const_cast<char*>("needs header names that are not empty");
        header->name.data = static_cast<u_char*>(ngx_pnalloc(cf->pool, name.len));
        if (header->name.data == nullptr)
            return static_cast<char*>(NGX_CONF_ERROR);
        header->name.len = name.len;
        header->hash = ngx_hash_strlow(header->name.data, name.data, name.len);
    }
    return NGX_CONF_OK;
}

}  // namespace tally::edge
