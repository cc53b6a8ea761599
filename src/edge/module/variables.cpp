#include "edge/module/variables.hpp"

#include "edge/module/cache_key.hpp"
#include "edge/module/config.hpp"
#include "edge/module/request_context.hpp"
#include "edge/module/worker.hpp"

#include <cstdint>

namespace tally::edge {
namespace {

enum CallerFact : uintptr_t { kKeyId, kCustomerId, kUsagePlan, kPrincipal };

ngx_int_t set(ngx_http_variable_value_t* value, const void* data, std::size_t size) {
    value->valid = size != 0;
    value->not_found = size == 0;
    value->no_cacheable = 0;
    value->escape = 0;
    value->len = static_cast<unsigned>(size) & 0xFFFFFFF;  // a bit field of 28
    value->data = static_cast<u_char*>(const_cast<void*>(data));
    return NGX_OK;
}

RequestContext* context_of(ngx_http_request_t* request) {
    ngx_http_request_t* const main = request->main;
    if (RequestContext* context = find_context(main))
        return context;
    const LocationConfig* config = location_config(main);
    return config->enabled ? obtain_context(main, *config) : nullptr;
}

ngx_int_t get_caller_fact(ngx_http_request_t* request, ngx_http_variable_value_t* value, uintptr_t fact) {
    const RequestContext* context = context_of(request);
    if (context == nullptr || context->auth != AuthResult::kIdentified)
        return set(value, nullptr, 0);
    const KeySlot& slot = context->slot;
    switch (fact) {
        case kKeyId: return set(value, slot.key_id, slot.key_id_size);
        case kCustomerId: return set(value, slot.customer_id, slot.customer_id_size);
        case kUsagePlan: return set(value, slot.usage_plan.data, slot.usage_plan.len);
        default: return set(value, context->principal.data, context->principal.len);
    }
}

ngx_int_t get_record_id(ngx_http_request_t* request, ngx_http_variable_value_t* value, uintptr_t) {
    constexpr std::size_t kSize = 32;
    const RequestContext* context = find_context(request->main);
    const Worker* here = worker();
    if (here == nullptr || context == nullptr || context->step != CaptureStep::kWritten)
        return set(value, nullptr, 0);
    auto* text = static_cast<u_char*>(ngx_pnalloc(request->pool, kSize));
    if (text == nullptr)
        return NGX_ERROR;
    ngx_sprintf(text, "%016xL%016xL", here->writer.writer(), context->pending.sequence);
    return set(value, text, kSize);
}

ngx_int_t get_cache_key(ngx_http_request_t* request, ngx_http_variable_value_t* value, uintptr_t) {
    const Worker* here = worker();
    if (here == nullptr)
        return set(value, nullptr, 0);
    const ngx_str_t key = cache_key(request, *here);
    return set(value, key.data, key.len);
}

// An answer to a body would be served to those who send another one or none.
ngx_int_t get_cache_bypass(ngx_http_request_t* request, ngx_http_variable_value_t* value, uintptr_t) {
    const bool has_body = request->main->headers_in.content_length_n > 0 || request->main->headers_in.chunked;
    return has_body ? set(value, "1", 1) : set(value, nullptr, 0);
}

struct Variable {
    ngx_str_t name;
    ngx_http_get_variable_pt get;
    uintptr_t data;
};

}  // namespace

// None is kept by nginx: an internal redirect goes on with another location's settings.
ngx_int_t add_variables(ngx_conf_t* cf) {
    Variable variables[] = {{str("tallyman_key_id"), get_caller_fact, kKeyId},
                            {str("tallyman_customer_id"), get_caller_fact, kCustomerId},
                            {str("tallyman_usage_plan"), get_caller_fact, kUsagePlan},
                            {str("tallyman_principal"), get_caller_fact, kPrincipal},
                            {str("tallyman_record_id"), get_record_id, 0},
                            {str("tallyman_cache_key"), get_cache_key, 0},
                            {str("tallyman_cache_bypass"), get_cache_bypass, 0}};
    for (Variable& wanted : variables) {
        ngx_http_variable_t* variable = ngx_http_add_variable(cf, &wanted.name, NGX_HTTP_VAR_NOCACHEABLE);
        if (variable == nullptr)
            return NGX_ERROR;
        variable->get_handler = wanted.get;
        variable->data = wanted.data;
    }
    return NGX_OK;
}

}  // namespace tally::edge
