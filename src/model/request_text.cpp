#include "model/request_text.hpp"

#include "model/dimensions.hpp"
#include "model/log_encoding.hpp"
#include "model/tls_names.hpp"

#include <cstring>

#include <arpa/inet.h>

namespace tally {
namespace {

std::string_view safe_text(std::string_view text, std::string& scratch) {
    if (is_plain_text(text))
        return text;
    scratch.clear();
    append_safe_text(text, scratch);
    return scratch;
}

// The column that holds a text of the record as it was sent.
template <std::string_view RequestRecord::*Field>
std::string_view sent(const RequestRecord& record, std::string& scratch) {
    return safe_text(record.*Field, scratch);
}

template <std::int64_t RequestRecord::*Field>
std::optional<std::int64_t> known(const RequestRecord& record) {
    return record.*Field < 0 ? std::nullopt : std::optional(record.*Field);
}

template <std::int64_t RequestRecord::*Field>
std::optional<double> seconds(const RequestRecord& record) {
    return record.*Field < 0 ? std::nullopt : std::optional(static_cast<double>(record.*Field) / 1e6);
}

// An interrupted request's count is unknown, not zero, when its end was never written.
template <std::int64_t RequestRecord::*Field>
std::optional<std::int64_t> counted(const RequestRecord& record) {
    if (record.state == CaptureState::kInterrupted && record.*Field == 0)
        return std::nullopt;
    return known<Field>(record);
}

template <std::uint16_t RequestRecord::*Field>
std::optional<std::int32_t> unless_zero(const RequestRecord& record) {
    return record.*Field == 0 ? std::nullopt : std::optional(std::int32_t{record.*Field});
}

std::string_view record_id(const RequestRecord& record, std::string& scratch) {
    return record_id_text(record.id, scratch);
}

Instant timestamp(const RequestRecord& record) {
    return record.time;
}

std::string_view auth_result(const RequestRecord& record, std::string&) {
    return auth_result_name(record.auth);
}

std::string_view capture_state(const RequestRecord& record, std::string&) {
    return capture_state_name(record.state);
}

std::string_view cache_status(const RequestRecord& record, std::string&) {
    return cache_status_name(record.cache_status);
}

std::string_view client_ip(const RequestRecord& record, std::string& scratch) {
    return ip_text(record.client_address, scratch);
}

std::string_view server_ip(const RequestRecord& record, std::string& scratch) {
    return ip_text(record.server_address, scratch);
}

std::string_view protocol(const RequestRecord& record, std::string&) {
    if (record.is_websocket)
        return record.is_https ? "wss" : "ws";
    return record.is_https ? "https" : "http";
}

std::string_view protocol_version(const RequestRecord& record, std::string&) {
    switch (record.http_version) {
        case 9: return "HTTP/0.9";
        case 10: return "HTTP/1.0";
        case 11: return "HTTP/1.1";
        case 20: return "HTTP/2.0";
        case 30: return "HTTP/3.0";
        default: return {};
    }
}

std::string_view ip_version(const RequestRecord& record, std::string&) {
    return record.client_is_ipv6 ? "IPv6" : "IPv4";
}

std::string_view user_agent(const RequestRecord& record, std::string& scratch) {
    scratch.clear();
    append_cloudfront_text(record.user_agent, scratch);
    return scratch;
}

std::string_view response_result(const RequestRecord& record, std::string&) {
    return result_type_name(record.response_result);
}

std::string_view result(const RequestRecord& record, std::string&) {
    return result_type_name(record.result);
}

std::string_view detailed_result(const RequestRecord& record, std::string&) {
    return detailed_result_name(record.detailed_result, record.result);
}

std::string_view tls_protocol(const RequestRecord& record, std::string& scratch) {
    return tls_protocol_name(record.tls_protocol, scratch);
}

std::string_view tls_cipher(const RequestRecord& record, std::string& scratch) {
    return tls_cipher_name(record.tls_cipher, scratch);
}

std::string_view headers(const RequestRecord& record, std::string& scratch) {
    scratch.clear();
    append_cloudfront_headers(record.headers, scratch);
    return scratch;
}

std::string_view header_names(const RequestRecord& record, std::string& scratch) {
    scratch.clear();
    append_cloudfront_header_names(record.headers, scratch);
    return scratch;
}

std::optional<std::int32_t> cut(const RequestRecord& record) {
    return record.is_cut ? std::optional(1) : std::nullopt;
}

std::optional<std::int32_t> header_count(const RequestRecord& record) {
    return std::int32_t{record.header_count};
}

std::string_view country(const RequestRecord& record, std::string&) {
    return record.country[0] == 0 ? std::string_view() : std::string_view(record.country, 2);
}

std::optional<std::int64_t> asn(const RequestRecord& record) {
    return record.asn == 0 ? std::nullopt : std::optional(std::int64_t{record.asn});
}

std::string_view dimensions(const RequestRecord& record, std::string& scratch) {
    scratch.clear();
    append_dimensions_json(record.dimensions, scratch);
    return scratch;
}

constexpr std::array<RequestValue, kRequestsColumns.size()> request_values() {
    using R = RequestRecord;
    std::array<RequestValue, kRequestsColumns.size()> values{};
    values.fill(NoValue{});
    values[requests_column("record_id")] = TextValue{record_id};
    values[requests_column("timestamp")] = TimeValue{timestamp};
    values[requests_column("api_key_id")] = TextValue{sent<&R::api_key_id>};
    values[requests_column("customer_id")] = TextValue{sent<&R::customer_id>};
    values[requests_column("plan")] = TextValue{sent<&R::usage_plan>};
    values[requests_column("stage")] = TextValue{sent<&R::stage>};
    values[requests_column("resource_path")] = TextValue{sent<&R::resource_path>};
    values[requests_column("auth_result")] = TextValue{auth_result};
    values[requests_column("capture_state")] = TextValue{capture_state};
    values[requests_column("cache_status")] = TextValue{cache_status};
    values[requests_column("c_ip")] = TextValue{client_ip};
    values[requests_column("s_ip")] = TextValue{server_ip};
    values[requests_column("time_to_first_byte")] = DoubleValue{seconds<&R::first_byte_us>};
    values[requests_column("sc_status")] = IntValue{unless_zero<&R::status>};
    values[requests_column("sc_bytes")] = LongValue{counted<&R::bytes_sent>};
    values[requests_column("cs_method")] = TextValue{sent<&R::method>};
    values[requests_column("cs_protocol")] = TextValue{protocol};
    values[requests_column("cs_host")] = TextValue{sent<&R::host>};
    values[requests_column("cs_uri_stem")] = TextValue{sent<&R::uri_stem>};
    values[requests_column("cs_bytes")] = LongValue{counted<&R::bytes_received>};
    values[requests_column("x_edge_location")] = TextValue{sent<&R::edge_location>};
    values[requests_column("x_edge_request_id")] = TextValue{record_id};
    values[requests_column("x_host_header")] = TextValue{sent<&R::distribution>};
    values[requests_column("time_taken")] = DoubleValue{seconds<&R::time_taken_us>};
    values[requests_column("cs_protocol_version")] = TextValue{protocol_version};
    values[requests_column("c_ip_version")] = TextValue{ip_version};
    values[requests_column("cs_user_agent")] = TextValue{user_agent};
    values[requests_column("cs_referer")] = TextValue{sent<&R::referer>};
    values[requests_column("cs_cookie")] = TextValue{sent<&R::cookie>};
    values[requests_column("cs_uri_query")] = TextValue{sent<&R::uri_query>};
    values[requests_column("x_edge_response_result_type")] = TextValue{response_result};
    values[requests_column("x_forwarded_for")] = TextValue{sent<&R::x_forwarded_for>};
    values[requests_column("ssl_protocol")] = TextValue{tls_protocol};
    values[requests_column("ssl_cipher")] = TextValue{tls_cipher};
    values[requests_column("x_edge_result_type")] = TextValue{result};
    values[requests_column("sc_content_type")] = TextValue{sent<&R::content_type>};
    values[requests_column("sc_content_len")] = LongValue{known<&R::content_length>};
    values[requests_column("sc_range_start")] = LongValue{known<&R::range_start>};
    values[requests_column("sc_range_end")] = LongValue{known<&R::range_end>};
    values[requests_column("c_port")] = IntValue{unless_zero<&R::client_port>};
    values[requests_column("x_edge_detailed_result_type")] = TextValue{detailed_result};
    values[requests_column("c_country")] = TextValue{country};
    values[requests_column("cs_accept_encoding")] = TextValue{sent<&R::accept_encoding>};
    values[requests_column("cs_accept")] = TextValue{sent<&R::accept>};
    values[requests_column("cache_behavior_path_pattern")] = TextValue{sent<&R::behavior_pattern>};
    values[requests_column("cs_headers")] = TextValue{headers};
    values[requests_column("cs_header_names")] = TextValue{header_names};
    values[requests_column("cs_headers_count")] = IntValue{header_count};
    values[requests_column("origin_fbl")] = DoubleValue{seconds<&R::origin_first_byte_us>};
    values[requests_column("origin_lbl")] = DoubleValue{seconds<&R::origin_last_byte_us>};
    values[requests_column("asn")] = LongValue{asn};
    values[requests_column("principal")] = TextValue{sent<&R::principal>};
    values[requests_column("dimensions")] = TextValue{dimensions};
    values[requests_column("cut")] = IntValue{cut};
    return values;
}

constexpr bool suits(const RequestValue& value, ColumnType type) {
    if (std::holds_alternative<NoValue>(value))
        return true;
    switch (type) {
        case ColumnType::kString: return std::holds_alternative<TextValue>(value);
        case ColumnType::kInt: return std::holds_alternative<IntValue>(value);
        case ColumnType::kLong: return std::holds_alternative<LongValue>(value);
        case ColumnType::kDouble: return std::holds_alternative<DoubleValue>(value);
        case ColumnType::kTimestampTz: return std::holds_alternative<TimeValue>(value);
    }
    return false;
}

constexpr bool all_suit() {
    const auto values = request_values();
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!suits(values[i], kRequestsColumns[i].type) ||
            (kRequestsColumns[i].required && std::holds_alternative<NoValue>(values[i])))
            return false;
    return true;
}

static_assert(all_suit(), "a column's function has another type than the table");

char* write_hex(char* to, std::uint64_t number) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4)
        *to++ = kDigits[(number >> shift) & 15U];
    return to;
}

char* write_octet(char* to, unsigned octet) {
    if (octet >= 100)
        *to++ = static_cast<char>('0' + octet / 100);
    if (octet >= 10)
        *to++ = static_cast<char>('0' + octet / 10 % 10);
    *to++ = static_cast<char>('0' + octet % 10);
    return to;
}

bool is_mapped_ipv4(const unsigned char* address) {
    constexpr unsigned char kPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    return std::memcmp(address, kPrefix, sizeof(kPrefix)) == 0;
}

}  // namespace

constinit const std::array<RequestValue, kRequestsColumns.size()> kRequestValues = request_values();

std::string_view record_id_text(const RecordId& id, std::string& scratch) {
    scratch.resize(32);
    write_hex(write_hex(scratch.data(), id.writer), id.sequence);
    return scratch;
}

std::string_view ip_text(const unsigned char* address, std::string& scratch) {
    if (address == nullptr)
        return {};
    scratch.resize(INET6_ADDRSTRLEN);
    if (!is_mapped_ipv4(address)) {
        inet_ntop(AF_INET6, address, scratch.data(), INET6_ADDRSTRLEN);
        scratch.resize(std::strlen(scratch.data()));
        return scratch;
    }
    // The common case, which inet_ntop does by way of sprintf.
    char* to = scratch.data();
    for (int i = 12; i < 16; ++i) {
        to = write_octet(to, address[i]);
        if (i < 15)
            *to++ = '.';
    }
    scratch.resize(static_cast<std::size_t>(to - scratch.data()));
    return scratch;
}

}  // namespace tally
