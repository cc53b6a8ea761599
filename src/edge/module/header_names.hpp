#pragma once

#include "edge/byte_search.hpp"
#include "edge/module/ngx.hpp"

namespace tally::edge {

// The name of a request header, in lower case, from the configuration.
struct HeaderName {
    ngx_str_t name;
    ngx_uint_t hash;  // nginx's own hash of the name
};

inline bool is_named(const ngx_table_elt_t& header, const HeaderName& name) {
    return header.hash == name.hash && header.key.len == name.name.len &&
           same_bytes(header.lowcase_key, name.name.data, name.name.len);
}

// Whether `names`, an array of HeaderName, holds the header's name.
inline bool is_in(const ngx_array_t& names, const ngx_table_elt_t& header) {
    const auto* name = static_cast<const HeaderName*>(names.elts);
    for (const auto* end = name + names.nelts; name < end; ++name) {
        if (is_named(header, *name))
            return true;
    }
    return false;
}

// Configuration handler: the directive's arguments become an array of HeaderName in the field at its offset.
char* set_header_names(ngx_conf_t* cf, ngx_command_t* command, void* config);

}  // namespace tally::edge
