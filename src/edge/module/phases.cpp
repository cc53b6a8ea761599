#include "edge/module/phases.hpp"

#include "edge/module/gateway_error.hpp"

namespace tally::edge {
namespace {

ngx_http_output_header_filter_pt next_filter = nullptr;
ngx_http_output_body_filter_pt next_body = nullptr;

ngx_int_t add_handler(ngx_conf_t* cf, ngx_http_phases phase, ngx_http_handler_pt handler) {
    auto* core =
        static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    auto* place = static_cast<ngx_http_handler_pt*>(ngx_array_push(&core->phases[phase].handlers));
    if (place == nullptr)
        return NGX_ERROR;
    *place = handler;
    return NGX_OK;
}

}  // namespace

ngx_int_t install_phases(ngx_conf_t* cf) {
    next_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = capture_response_header;
    next_body = ngx_http_top_body_filter;
    ngx_http_top_body_filter = send_gateway_error;
    if (add_handler(cf, NGX_HTTP_PREACCESS_PHASE, identify_request) != NGX_OK)
        return NGX_ERROR;
    return add_handler(cf, NGX_HTTP_LOG_PHASE, complete_request);
}

ngx_int_t next_header_filter(ngx_http_request_t* request) {
    return next_filter(request);
}

ngx_int_t next_body_filter(ngx_http_request_t* request, ngx_chain_t* in) {
    return next_body(request, in);
}

}  // namespace tally::edge
