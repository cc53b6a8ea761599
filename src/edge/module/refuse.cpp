#include "edge/module/refuse.hpp"

#include "base/siphash.hpp"
#include "edge/module/worker.hpp"

#include <cstdint>
#include <cstring>

namespace tally::edge {
namespace {

struct Answer {
    ngx_uint_t status;
    ngx_str_t body;
    ngx_str_t error_type;
};

const Answer kForbidden = {NGX_HTTP_FORBIDDEN, str("{\"message\":\"Forbidden\"}"), str("ForbiddenException")};
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
        case Refusal::kThrottled: return kThrottled;
        case Refusal::kQuotaExceeded:
        case Refusal::kCreditExceeded: return kLimitExceeded;
        case Refusal::kUnauthorized: return kUnauthorized;
        case Refusal::kTokenExpired: return kTokenExpired;
        default: return kUnavailable;
    }
}

// The id that the refusal's own record is about to get, so that a caller's complaint finds it.
struct AnswerId {
    std::uint64_t writer;
    std::uint64_t sequence;
};

AnswerId next_record_id(const Worker* here) {
    if (here != nullptr && here->writer_open && here->writer.last_errno() == 0)
        return {here->writer.writer(), here->writer.next_sequence()};
    const auto random64 = [] {
        return static_cast<std::uint64_t>(ngx_random()) << 32 ^ static_cast<std::uint64_t>(ngx_random());
    };
    return {random64(), random64()};
}

constexpr std::size_t kUuidSize = 36;

// The 32 hex digits of the record id in the shape of a UUID.
void put_uuid(const AnswerId& id, u_char* to) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *to++ = '-';
        const std::uint64_t half = i < 16 ? id.writer : id.sequence;
        *to++ = static_cast<u_char>(kDigits[(half >> (60 - 4 * (i & 15))) & 0xF]);
    }
}

constexpr std::size_t kGatewayIdBytes = 11;
constexpr std::size_t kGatewayIdSize = 16;

// API Gateway's extended request id is base64 of 11 bytes; here they are a digest of the record id.
void put_gateway_id(const AnswerId& id, u_char* to) {
    const Digest128 digest = siphash128(SipKey{id.writer, id.sequence}, &id, sizeof id);
    u_char bytes[kGatewayIdBytes];
    std::memcpy(bytes, &digest, sizeof bytes);
    ngx_str_t from = {sizeof bytes, bytes};
    ngx_str_t encoded = {kGatewayIdSize, to};
    ngx_encode_base64(&encoded, &from);
}

// The list holds at most these few headers, so running out of memory is the only failure.
ngx_int_t add_header(ngx_http_request_t* request, const ngx_str_t& name, const ngx_str_t& value) {
    auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&request->headers_out.headers));
    if (header == nullptr)
        return NGX_ERROR;
    header->hash = 1;
    header->key = name;
    header->value = value;
    header->lowcase_key = nullptr;
    return NGX_OK;
}

ngx_int_t add_headers(ngx_http_request_t* request, const Answer& answer) {
    auto* text = static_cast<u_char*>(ngx_pnalloc(request->pool, kUuidSize + kGatewayIdSize));
    if (text == nullptr)
        return NGX_ERROR;
    const AnswerId id = next_record_id(worker());
    put_uuid(id, text);
    put_gateway_id(id, text + kUuidSize);
    if (add_header(request, str("x-amzn-RequestId"), ngx_str_t{kUuidSize, text}) != NGX_OK ||
        add_header(request, str("x-amzn-ErrorType"), answer.error_type) != NGX_OK)
        return NGX_ERROR;
    return add_header(request, str("x-amz-apigw-id"), ngx_str_t{kGatewayIdSize, text + kUuidSize});
}

// At most once a second, and without the request: its line may hold the key.
void report(Refusal refusal) {
    static time_t reported = 0;
    if (refusal != Refusal::kKeyTableUnavailable || reported == ngx_time())
        return;
    reported = ngx_time();
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "tallyman: a request with an API key was answered 503: the key table is not readable");
}

ngx_int_t answer(ngx_http_request_t* request, const RequestContext& context) {
    const Answer& answer = answer_to(context.refusal);
    if (add_headers(request, answer) != NGX_OK)
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
