#include "model/request_text.hpp"

#include <array>
#include <optional>
#include <string>
#include <variant>

#include <gtest/gtest.h>

namespace tally {
namespace {

constexpr std::array<unsigned char, 16> kIpv4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 201};
constexpr std::array<unsigned char, 16> kIpv6 = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

std::optional<std::string> text(const RequestRecord& record, std::size_t column) {
    std::string scratch;
    const std::string_view value = std::get<TextValue>(kRequestValues[column])(record, scratch);
    return value.empty() ? std::nullopt : std::optional(std::string(value));
}

template <class Function>
auto number(const RequestRecord& record, std::size_t column) {
    return std::get<Function>(kRequestValues[column])(record);
}

RequestRecord sample() {
    RequestRecord record;
    record.id = {0x00c0ffee00c0ffeeULL, 255};
    record.time = instant_from_us(1'759'687'234'191'000);
    record.auth = AuthResult::kIdentified;
    record.api_key_id = "key_1";
    record.customer_id = "cus_1";
    record.client_address = kIpv4.data();
    record.server_address = kIpv6.data();
    record.client_port = 63051;
    record.method = "GET";
    record.is_https = true;
    record.uri_stem = "/example";
    record.user_agent = "curl 8";
    record.accept_encoding = "gzip, br";
    record.headers = "host:a\nx-api-key:key_1\n";
    record.header_count = 2;
    record.tls_protocol = 0x0304;
    record.status = 200;
    record.result = ResultType::kHit;
    record.response_result = ResultType::kMiss;
    record.cache_status = CacheStatus::kRevalidated;
    record.bytes_sent = 783;
    record.bytes_received = 201;
    record.first_byte_us = 253'000;
    record.time_taken_us = 253'001;
    return record;
}

TEST(RequestText, RecordIdIsWriterThenSequence) {
    EXPECT_EQ(text(sample(), requests_column("record_id")), "00c0ffee00c0ffee00000000000000ff");
    EXPECT_EQ(text(sample(), requests_column("x_edge_request_id")), "00c0ffee00c0ffee00000000000000ff");
}

TEST(RequestText, Addresses) {
    EXPECT_EQ(text(sample(), requests_column("c_ip")), "192.0.2.201");
    EXPECT_EQ(text(sample(), requests_column("s_ip")), "2001:db8::1");
    RequestRecord none;
    EXPECT_EQ(text(none, requests_column("c_ip")), std::nullopt);
    std::string scratch;
    const std::array<unsigned char, 16> zeros = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 10, 100, 9};
    EXPECT_EQ(ip_text(zeros.data(), scratch), "0.10.100.9");
}

TEST(RequestText, Protocols) {
    RequestRecord record = sample();
    EXPECT_EQ(text(record, requests_column("cs_protocol")), "https");
    record.is_websocket = true;
    EXPECT_EQ(text(record, requests_column("cs_protocol")), "wss");
    record.is_https = false;
    EXPECT_EQ(text(record, requests_column("cs_protocol")), "ws");
    record.is_websocket = false;
    EXPECT_EQ(text(record, requests_column("cs_protocol")), "http");
    EXPECT_EQ(text(record, requests_column("cs_protocol_version")), "HTTP/1.1");
    record.http_version = 20;
    EXPECT_EQ(text(record, requests_column("cs_protocol_version")), "HTTP/2.0");
    EXPECT_EQ(text(record, requests_column("c_ip_version")), "IPv4");
    record.client_is_ipv6 = true;
    EXPECT_EQ(text(record, requests_column("c_ip_version")), "IPv6");
    EXPECT_EQ(text(record, requests_column("ssl_protocol")), "TLSv1.3");
    EXPECT_EQ(text(record, requests_column("ssl_cipher")), std::nullopt);
}

TEST(RequestText, NamesOfResults) {
    EXPECT_EQ(text(sample(), requests_column("x_edge_result_type")), "Hit");
    EXPECT_EQ(text(sample(), requests_column("x_edge_response_result_type")), "Miss");
    EXPECT_EQ(text(sample(), requests_column("x_edge_detailed_result_type")), "Hit");
    EXPECT_EQ(text(sample(), requests_column("cache_status")), "REVALIDATED");
    EXPECT_EQ(text(sample(), requests_column("auth_result")), auth_result_name(AuthResult::kIdentified));
}

TEST(RequestText, HeadersAndUserAgentInCloudfrontForm) {
    EXPECT_EQ(text(sample(), requests_column("cs_headers")), "Host:a%0AX-Api-Key:key_1%0A");
    EXPECT_EQ(text(sample(), requests_column("cs_header_names")), "Host%0AX-Api-Key%0A");
    EXPECT_EQ(text(sample(), requests_column("cs_user_agent")), "curl%208");
    EXPECT_EQ(text(sample(), requests_column("cs_accept_encoding")), "gzip, br");
    EXPECT_EQ(number<IntValue>(sample(), requests_column("cs_headers_count")), 2);
}

TEST(RequestText, HostileTextIsMadeSafe) {
    RequestRecord record = sample();
    record.uri_stem = "/a\x1b\xFF";
    EXPECT_EQ(text(record, requests_column("cs_uri_stem")), "/a%1B%FF");
}

TEST(RequestText, Numbers) {
    const RequestRecord record = sample();
    EXPECT_EQ(number<TimeValue>(record, requests_column("timestamp")), record.time);
    EXPECT_EQ(number<IntValue>(record, requests_column("sc_status")), 200);
    EXPECT_EQ(number<IntValue>(record, requests_column("c_port")), 63051);
    EXPECT_EQ(number<LongValue>(record, requests_column("sc_bytes")), 783);
    EXPECT_EQ(number<LongValue>(record, requests_column("cs_bytes")), 201);
    EXPECT_EQ(number<DoubleValue>(record, requests_column("time_to_first_byte")), 0.253);
    EXPECT_EQ(number<DoubleValue>(record, requests_column("time_taken")), 0.253001);
}

TEST(RequestText, AbsentNumbersAreNull) {
    const RequestRecord empty;
    EXPECT_EQ(number<IntValue>(empty, requests_column("sc_status")), std::nullopt);
    EXPECT_EQ(number<IntValue>(empty, requests_column("c_port")), std::nullopt);
    EXPECT_EQ(number<LongValue>(empty, requests_column("sc_content_len")), std::nullopt);
    EXPECT_EQ(number<LongValue>(empty, requests_column("sc_range_start")), std::nullopt);
    EXPECT_EQ(number<DoubleValue>(empty, requests_column("time_taken")), std::nullopt);
    EXPECT_EQ(number<DoubleValue>(empty, requests_column("origin_fbl")), std::nullopt);
    EXPECT_EQ(number<LongValue>(empty, requests_column("sc_bytes")), 0);
}

TEST(RequestText, BytesOfAnInterruptedRequestAreUnknownNotZero) {
    RequestRecord record;
    record.state = CaptureState::kInterrupted;
    EXPECT_EQ(number<LongValue>(record, requests_column("sc_bytes")), std::nullopt);
    record.bytes_sent = 12;
    EXPECT_EQ(number<LongValue>(record, requests_column("sc_bytes")), 12);
}

TEST(RequestText, RequiredColumnsAreNeverNull) {
    const RequestRecord empty;
    for (std::size_t i = 0; i < kRequestValues.size(); ++i) {
        if (!kRequestsColumns[i].required)
            continue;
        EXPECT_FALSE(std::holds_alternative<NoValue>(kRequestValues[i])) << kRequestsColumns[i].name;
        if (std::holds_alternative<TextValue>(kRequestValues[i])) {
            EXPECT_TRUE(text(empty, i).has_value()) << kRequestsColumns[i].name;
        }
    }
}

}  // namespace
}  // namespace tally
