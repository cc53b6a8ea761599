#include "edge/module/response_facts.hpp"

#include <cstdint>
#include <cstring>

namespace tally::edge {
namespace {

constexpr ngx_msec_t kNotReached = static_cast<ngx_msec_t>(-1);

// As $status: what error_page made of it goes first.
ngx_uint_t status_of(const ngx_http_request_t* request) {
    return request->err_status != 0 ? request->err_status : request->headers_out.status;
}

std::int64_t upstream_time_us(ngx_msec_t time) {
    return time == kNotReached ? kAbsent : static_cast<std::int64_t>(time) * 1000;
}

bool is_digit(u_char c) {
    return c >= '0' && c <= '9';
}

std::int64_t read_number(const u_char*& at, const u_char* end) {
    std::int64_t number = 0;
    while (at < end && is_digit(*at) && number < INT64_MAX / 10 - 1)
        number = number * 10 + (*at++ - '0');
    return number;
}

// nginx leaves a body that it throws away out of its count. What is left of it to read stands in
// content_length_n; a chunked one is not counted.
std::int64_t discarded_body(const ngx_http_request_t* request) {
    const ngx_table_elt_t* length = request->headers_in.content_length;
    if (length == nullptr || request->request_body != nullptr) [[likely]]
        return 0;
    const u_char* at = length->value.data;
    const std::int64_t whole = read_number(at, at + length->value.len);
    const std::int64_t unread = request->headers_in.content_length_n;
    return unread >= 0 && unread < whole ? whole - unread : 0;
}

// "bytes 2-5/16"; a range of several parts has no such header.
void read_range(const ngx_str_t& value, capture::Completion& completion) {
    constexpr std::size_t kUnitSize = sizeof("bytes ") - 1;
    if (value.len <= kUnitSize || std::memcmp(value.data, "bytes ", kUnitSize) != 0 ||
        !is_digit(value.data[kUnitSize]))
        return;
    const u_char* at = value.data + kUnitSize;
    const u_char* const end = value.data + value.len;
    const std::int64_t first = read_number(at, end);
    if (at == end || *at != '-')
        return;
    completion.range_start = first;
    completion.range_end = read_number(++at, end);
}

// Our own server's answer that sends a client from http to https.
bool is_https_redirect(const ngx_http_request_t* request, ngx_uint_t status) {
    const ngx_table_elt_t* location = request->headers_out.location;
    return status >= 301 && status <= 308 && request->connection->ssl == nullptr && location != nullptr &&
           location->value.len > 8 && std::memcmp(location->value.data, "https://", 8) == 0;
}

CacheStatus cache_status_of(const ngx_http_upstream_t& upstream) {
    static_assert(NGX_HTTP_CACHE_MISS == static_cast<int>(CacheStatus::kMiss) &&
                  NGX_HTTP_CACHE_SCARCE == static_cast<int>(CacheStatus::kScarce));
    return static_cast<CacheStatus>(upstream.cache_status);
}

void describe_upstream(const ngx_http_request_t* request, RequestOutcome& outcome,
                       capture::Completion& completion) {
    const ngx_http_upstream_t* upstream = request->upstream;
    if (upstream == nullptr)
        return;
    outcome.cache_status = cache_status_of(*upstream);
    if (const ngx_http_upstream_state_t* state = upstream->state) {
        outcome.upstream_used = true;
        outcome.upstream_connected = state->connect_time != kNotReached;
        outcome.upstream_answered = state->header_time != kNotReached;
        completion.origin_first_byte_us = upstream_time_us(state->header_time);
        completion.origin_last_byte_us = upstream_time_us(state->response_time);
    }
}

}  // namespace

void describe_response(ngx_http_request_t* request, Refusal refusal, bool ended,
                       capture::Completion& completion) {
    const ngx_http_headers_out_t& out = request->headers_out;
    const ngx_uint_t status = status_of(request);
    completion.status = static_cast<std::uint16_t>(status);
    completion.bytes_sent = request->connection->sent;
    completion.bytes_received = request->request_length + discarded_body(request);
    completion.content_length = out.content_length_n;
    completion.range_start = kAbsent;
    completion.range_end = kAbsent;
    completion.origin_first_byte_us = kAbsent;
    completion.origin_last_byte_us = kAbsent;
    if (status == NGX_HTTP_PARTIAL_CONTENT && out.content_range != nullptr) [[unlikely]]
        read_range(out.content_range->value, completion);
    RequestOutcome outcome;
    outcome.status = static_cast<unsigned>(status);
    outcome.refusal = refusal;
    outcome.https_redirect = is_https_redirect(request, status);
    outcome.client_gone = ended && (request->connection->error || request->connection->timedout);
    describe_upstream(request, outcome, completion);
    const Classification verdict = classify(outcome);
    completion.result = static_cast<std::uint8_t>(verdict.result);
    completion.detailed_result = static_cast<std::uint8_t>(verdict.detailed);
    completion.cache_status = static_cast<std::uint8_t>(outcome.cache_status);
}

void describe_end(ngx_http_request_t* request, Refusal refusal, capture::Completion& completion) {
    const ngx_connection_t* const connection = request->connection;
    const ngx_http_upstream_t* const upstream = request->upstream;
    const ngx_uint_t status = status_of(request);
    const bool as_begun =
        status == completion.status && status < 400 && status != NGX_HTTP_PARTIAL_CONTENT &&
        !connection->error && !connection->timedout &&
        (upstream == nullptr || static_cast<std::uint8_t>(upstream->cache_status) == completion.cache_status);
    if (!as_begun) {
        describe_response(request, refusal, true, completion);
        return;
    }
    completion.bytes_sent = connection->sent;
    completion.bytes_received = request->request_length + discarded_body(request);
    completion.content_length = request->headers_out.content_length_n;
    if (upstream != nullptr && upstream->state != nullptr) {
        completion.origin_first_byte_us = upstream_time_us(upstream->state->header_time);
        completion.origin_last_byte_us = upstream_time_us(upstream->state->response_time);
    }
}

}  // namespace tally::edge
