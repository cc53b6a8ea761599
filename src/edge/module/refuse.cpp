#include "edge/module/refuse.hpp"

#include "edge/module/gateway_headers.hpp"

namespace tally::edge {
namespace {

struct Answer {
    ngx_uint_t status;
    ngx_str_t body;
    ngx_str_t error_type;
};

const Answer kForbidden = {NGX_HTTP_FORBIDDEN, str("{\"message\":\"Forbidden\"}"), str("ForbiddenException")};
const Answer kNoRoute = {NGX_HTTP_FORBIDDEN, str("{\"message\":\"Missing Authentication Token\"}"),
                         str("MissingAuthenticationTokenException")};
const Answer kUnavailable = {NGX_HTTP_SERVICE_UNAVAILABLE, str("{\"message\":\"Service Unavailable\"}"),
                             str("ServiceUnavailableException")};
const Answer kThrottled = {NGX_HTTP_TOO_MANY_REQUESTS, str("{\"message\":\"Too Many Requests\"}"),
                           str("TooManyRequestsException")};
const Answer kLimitExceeded = {NGX_HTTP_TOO_MANY_REQUESTS, str("{\"message\":\"Limit Exceeded\"}"),
                               str("LimitExceededException")};
const Answer kUnauthorized = {NGX_HTTP_UNAUTHORIZED, str("{\"message\":\"Unauthorized\"}"),
                              str("UnauthorizedException")};
const Answer kTokenExpired = {NGX_HTTP_UNAUTHORIZED, str("{\"message\":\"The incoming token has expired\"}"),
                              str("UnauthorizedException")};

const Answer& answer_to(Refusal refusal) {
    switch (refusal) {
        case Refusal::kForbidden: return kForbidden;
        case Refusal::kMethodNotAllowed: return kNoRoute;
        case Refusal::kThrottled: return kThrottled;
        case Refusal::kQuotaExceeded:
        case Refusal::kCreditExceeded: return kLimitExceeded;
        case Refusal::kUnauthorized: return kUnauthorized;
        case Refusal::kTokenExpired: return kTokenExpired;
        default: return kUnavailable;
    }
}

// At most once a second, and without the request: its line may hold the key.
void report(Refusal refusal) {
    static time_t reported = 0;
    if (refusal != Refusal::kKeyTableUnavailable || reported == ngx_time())
        return;
    reported = ngx_time();
    ngx_log_error(
        NGX_LOG_ERR, ngx_cycle->log, 0,
        "tallyman: a caller was answered 503: the key table, or what limits the caller, is not readable");
}

ngx_int_t answer(ngx_http_request_t* request, const RequestContext& context) {
    const Answer& answer = answer_to(context.refusal);
    if (add_gateway_headers(request, answer.error_type) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    ngx_str_t type = str("application/json");
    ngx_http_complex_value_t body = {};
    body.value = answer.body;
    return ngx_http_send_response(request, answer.status, &type, &body);
}

}  // namespace

ngx_int_t refuse(ngx_http_request_t* request, RequestContext& context) {
    report(context.refusal);
    ngx_http_finalize_request(request, answer(request, context));
    return NGX_DONE;
}

// As ngx_http_filter_finalize_request does it, whose body is HTML. This filter is the first of its chain, so
// no other has anything to forget.
ngx_int_t refuse_late(ngx_http_request_t* request, RequestContext& context) {
    ngx_http_clean_header(request);
    request->keepalive = 0;
    request->filter_finalize = 1;
    answer(request, context);
    return NGX_ERROR;
}

}  // namespace tally::edge
