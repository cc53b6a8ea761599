#include "edge/module/gateway_error.hpp"

#include "edge/module/gateway_headers.hpp"
#include "edge/module/phases.hpp"

#include <cstring>

namespace tally::edge {
namespace {

struct GatewayError {
    ngx_uint_t status;
    ngx_str_t body;
    ngx_str_t error_type;
};

const GatewayError kErrors[] = {
    {400, str("{\"message\":\"Bad Request\"}"), str("BadRequestException")},
    {401, str("{\"message\":\"Unauthorized\"}"), str("UnauthorizedException")},
    {403, str("{\"message\":\"Forbidden\"}"), str("ForbiddenException")},
    {404, str("{\"message\":\"Not Found\"}"), str("NotFoundException")},
    {405, str("{\"message\":\"Method Not Allowed\"}"), str("MethodNotAllowedException")},
    {408, str("{\"message\":\"Request Timeout\"}"), str("RequestTimeoutException")},
    {411, str("{\"message\":\"Length Required\"}"), str("BadRequestException")},
    {414, str("{\"message\":\"URI Too Long\"}"), str("BadRequestException")},
    {416, str("{\"message\":\"Range Not Satisfiable\"}"), str("BadRequestException")},
    {500, str("{\"message\":\"Internal server error\"}"), str("InternalServerErrorException")},
    {502, str("{\"message\":\"Internal server error\"}"), str("InternalServerErrorException")},
    {503, str("{\"message\":\"Service Unavailable\"}"), str("ServiceUnavailableException")},
    {504, str("{\"message\":\"Endpoint request timed out\"}"), {0, nullptr}},
};

const GatewayError kOther = {0, str("{\"message\":\"Request could not be served\"}"), {0, nullptr}};

const GatewayError& error_for(ngx_uint_t status) {
    for (const GatewayError& error : kErrors) {
        if (error.status == status)
            return error;
    }
    return kOther;
}

// nginx's own page: what comes from an upstream or an error_page has no err_status, or came by a redirect.
bool is_own_page(const ngx_http_request_t* request) {
    const ngx_str_t& type = request->headers_out.content_type;
    return request->err_status >= NGX_HTTP_BAD_REQUEST && !request->error_page &&
           type.len == sizeof("text/html") - 1 && std::memcmp(type.data, "text/html", type.len) == 0;
}

// "HTTP content length exceeded 10485760 bytes"
ngx_str_t too_large_body(ngx_http_request_t* request) {
    constexpr std::size_t kRoom = 80;
    const auto* core = static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf(request, ngx_http_core_module));
    auto* text = static_cast<u_char*>(ngx_pnalloc(request->pool, kRoom));
    if (text == nullptr)
        return kOther.body;
    const u_char* end = ngx_snprintf(text, kRoom, "{\"message\":\"HTTP content length exceeded %O bytes\"}",
                                     core->client_max_body_size);
    return {static_cast<std::size_t>(end - text), text};
}

}  // namespace

void turn_into_gateway_error(ngx_http_request_t* request, RequestContext& context) {
    if (!context.config->gateway_errors || !is_own_page(request))
        return;
    const bool too_large = request->err_status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    const GatewayError& error = error_for(request->err_status);
    const ngx_str_t body = too_large ? too_large_body(request) : error.body;
    if (add_gateway_headers(request, too_large ? str("RequestTooLargeException") : error.error_type) !=
        NGX_OK)
        return;  // no memory: the page stays
    ngx_http_headers_out_t& out = request->headers_out;
    out.content_type = str("application/json");
    out.content_type_len = out.content_type.len;
    out.content_type_lowcase = nullptr;
    out.content_length_n = static_cast<off_t>(body.len);
    context.own_body = body;
}

namespace {

[[gnu::noinline]] ngx_int_t send_own_body(ngx_http_request_t* request, RequestContext& context) {
    if (context.own_body.len == 0)
        return next_body_filter(request, nullptr);
    auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(request->pool));
    if (buffer == nullptr)
        return NGX_ERROR;
    buffer->pos = context.own_body.data;
    buffer->last = buffer->pos + context.own_body.len;
    buffer->memory = 1;
    buffer->last_buf = 1;
    buffer->last_in_chain = 1;
    context.own_body.len = 0;  // sent once, whatever follows
    ngx_chain_t out = {buffer, nullptr};
    return next_body_filter(request, &out);
}

}  // namespace

ngx_int_t send_gateway_error(ngx_http_request_t* request, ngx_chain_t* in) {
    auto* context = static_cast<RequestContext*>(ngx_http_get_module_ctx(request, ngx_http_tallyman_module));
    if (context == nullptr || context->own_body.data == nullptr || request != request->main) [[likely]]
        return next_body_filter(request, in);
    return send_own_body(request, *context);
}

}  // namespace tally::edge
