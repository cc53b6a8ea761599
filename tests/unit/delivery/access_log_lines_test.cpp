#include "delivery/access_log_lines.hpp"

#include "base/json_value.hpp"
#include "base/time_text.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tally::delivery {
namespace {

constexpr unsigned char kClient[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 198, 51, 100, 7};

RequestRecord full_record() {
    RequestRecord record;
    record.id = {0x00c0ffee00c0ffee, 0x2a};
    record.time = parse_rfc3339("2026-11-24T03:04:05.678901Z").value();
    record.client_address = kClient;
    record.server_address = kClient;
    record.client_port = 50123;
    record.method = "GET";
    record.is_https = true;
    record.http_version = 20;
    record.uri_stem = "/a%20b/\xC3\xA4";
    record.uri_query = "q=1%2B1&x=<y>";
    record.host = "api.example.com";
    record.user_agent = "Mozilla/5.0 (X11)";
    record.referer = "https://example.com/?a=%41";
    record.cookie = "id=1; theme=\"dark\"";
    record.accept = "*/*";
    record.accept_encoding = "gzip, br";
    record.headers = "host:api.example.com\nx-api-key:key_1\n";
    record.header_count = 2;
    record.tls_protocol = 0x0304;
    record.tls_cipher = 0x1301;
    record.edge_location = "LOCAL1-P1";
    record.distribution = "d111111abcdef8.example.net";
    record.behavior_pattern = "*";
    record.resource_path = "/a b/\xC3\xA4";
    record.status = 206;
    record.response_result = ResultType::kHit;
    record.result = ResultType::kHit;
    record.content_type = "text/plain; charset=utf-8";
    record.content_length = 100;
    record.range_start = 0;
    record.range_end = 99;
    record.bytes_sent = 412;
    record.bytes_received = 150;
    record.first_byte_us = 1'234;
    record.time_taken_us = 2'345'678;
    record.origin_first_byte_us = 1'000;
    record.origin_last_byte_us = 2'000'000;
    return record;
}

std::vector<std::string> fields_of(const std::string& line, char separator = '\t') {
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_EQ(line.back(), '\n');
    std::istringstream stream(line.substr(0, line.size() - 1));
    std::vector<std::string> fields;
    for (std::string field; std::getline(stream, field, separator);)
        fields.push_back(field);
    return fields;
}

TEST(AccessLogLines, AStandardLineHasCloudFrontsFieldsInCloudFrontsOrder) {
    std::string line;
    append_standard_line(full_record(), line);
    const std::vector<std::string> expected = {
        "2026-11-24",
        "03:04:05",
        "LOCAL1-P1",
        "412",
        "198.51.100.7",
        "GET",
        "d111111abcdef8.example.net",
        "/a%20b/%C3%A4",
        "206",
        "https://example.com/?a=%41",
        "Mozilla/5.0%20(X11)",
        "q=1%2B1&x=%3Cy%3E",
        "id=1;%20theme=%22dark%22",
        "Hit",
        "00c0ffee00c0ffee000000000000002a",
        "api.example.com",
        "https",
        "150",
        "2.345",
        "-",
        "TLSv1.3",
        "TLS_AES_128_GCM_SHA256",
        "Hit",
        "HTTP/2.0",
        "-",
        "-",
        "50123",
        "0.001",
        "Hit",
        "text/plain;%20charset=utf-8",
        "100",
        "0",
        "99",
    };
    EXPECT_EQ(fields_of(line), expected);
}

TEST(AccessLogLines, TheHeaderNamesAsManyFieldsAsALineHas) {
    const std::string header(standard_log_header());
    EXPECT_TRUE(header.starts_with(
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) "
        "cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) "
        "x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken "
        "x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type "
        "cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte "
        "x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start "
        "sc-range-end\n"))
        << header;
}

TEST(AccessLogLines, WhatIsNotKnownIsADashAndAClientThatLeftHasNoStatus) {
    RequestRecord record;
    record.status = 499;
    record.state = CaptureState::kInterrupted;
    std::string line;
    append_standard_line(record, line);
    const auto fields = fields_of(line);
    ASSERT_EQ(fields.size(), 33U);
    EXPECT_EQ(fields[3], "-") << "bytes of an interrupted request are unknown";
    EXPECT_EQ(fields[8], "000");
    EXPECT_EQ(fields[18], "-");
    EXPECT_EQ(fields[31], "-");
}

TEST(AccessLogLines, ARealtimeLineHoldsTheSelectedFieldsInCanonicalOrder) {
    RealtimeSelection few;
    for (const char* name :
         {"asn", "cs-headers", "timestamp", "cs-uri-query", "cs-uri-stem", "time-taken", "cmcd-version"})
        few.set(realtime_field(name).value());
    std::string line;
    append_realtime_line(full_record(), few, line);
    EXPECT_EQ(line,
              "1795489445.678\t/a%20b/"
              "%C3%A4\t2.346\tq=1%2B1&x=%3Cy%3E\tHost:api.example.com%0AX-Api-Key:key_1%0A\t-\t-\n" +
                  std::string());
}

TEST(AccessLogLines, TheSamplesSelectionHas44Fields) {
    std::string line;
    append_realtime_line(full_record(), sample_realtime_fields(), line);
    const auto fields = fields_of(line);
    ASSERT_EQ(fields.size(), 44U);
    EXPECT_EQ(fields[8], "api.example.com");              // cs-host is what the client asked for
    EXPECT_EQ(fields[13], "d111111abcdef8.example.net");  // x-host-header the distribution
    EXPECT_EQ(fields[35], "gzip,%20br");
    EXPECT_EQ(fields[40], "2");
}

TEST(AccessLogLines, AGatewayLineIsTheSamplesJson) {
    RequestRecord record = full_record();
    std::string line;
    append_gateway_line(record, line);
    EXPECT_EQ(
        line,
        "{\"request_id\":\"00c0ffee-00c0-ffee-0000-00000000002a\",\"ip\":\"198.51.100.7\",\"user\":\"-\","
        "\"request_time\":1795489445678,\"http_method\":\"GET\",\"resource_path\":\"/a b/\xC3\xA4\","
        "\"status\":\"206\",\"protocol\":\"HTTP/2.0\",\"response_length\":100}\n");
    record.principal = "4f1c\n\"x";
    record.content_length = kAbsent;
    line.clear();
    append_gateway_line(record, line);
    const auto document = JsonValue::parse(line);
    ASSERT_TRUE(document.ok()) << line;
    EXPECT_EQ(document->text_of("user"), "4f1c%0A\"x");
    EXPECT_EQ(*document->find("response_length")->as_int(), 412);
}

TEST(AccessLogLines, NothingThatAClientSendsBreaksALine) {
    RequestRecord record = full_record();
    const std::string hostile("a\tb\nc\rd\0e\x1b[31m\xFF\xFE\"'%\\", 21);
    for (std::string_view RequestRecord::*field :
         {&RequestRecord::uri_stem, &RequestRecord::uri_query, &RequestRecord::host,
          &RequestRecord::user_agent, &RequestRecord::referer, &RequestRecord::cookie, &RequestRecord::accept,
          &RequestRecord::method, &RequestRecord::content_type, &RequestRecord::x_forwarded_for,
          &RequestRecord::resource_path, &RequestRecord::principal})
        record.*field = hostile;
    std::string standard;
    append_standard_line(record, standard);
    EXPECT_EQ(fields_of(standard).size(), 33U);
    std::string realtime;
    append_realtime_line(record, sample_realtime_fields(), realtime);
    EXPECT_EQ(fields_of(realtime).size(), 44U);
    std::string gateway;
    append_gateway_line(record, gateway);
    EXPECT_TRUE(JsonValue::parse(gateway).ok()) << gateway;
    for (const std::string& line : {standard, realtime})
        EXPECT_TRUE(std::all_of(line.begin(), line.end() - 1, [](char c) {
            return c == '\t' || (c >= 0x20 && c < 0x7F);
        })) << line;
}

}  // namespace
}  // namespace tally::delivery
