#include "query/views.hpp"

#include "results.hpp"
#include "support/older_requests.hpp"
#include "support/request_lake.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tally::query {
namespace {

using tally::test::RequestLake;
using test::ask;

// The published sample's cloudfront_realtime_logs: canonical order, its names and types.
constexpr const char* kSampleColumns =
    "timestamp BIGINT,c_ip VARCHAR,s_ip VARCHAR,time_to_first_byte DOUBLE,sc_status INTEGER,sc_bytes BIGINT,"
    "cs_method VARCHAR,cs_protocol VARCHAR,cs_host VARCHAR,cs_uri_stem VARCHAR,cs_bytes BIGINT,"
    "x_edge_location VARCHAR,x_edge_request_id VARCHAR,x_host_header VARCHAR,time_taken DOUBLE,"
    "cs_protocol_version VARCHAR,c_ip_version VARCHAR,cs_user_agent VARCHAR,cs_referer VARCHAR,cs_cookie "
    "VARCHAR,"
    "cs_uri_query VARCHAR,x_edge_response_result_type VARCHAR,x_forwarded_for VARCHAR,ssl_protocol VARCHAR,"
    "ssl_cipher VARCHAR,x_edge_result_type VARCHAR,fle_encrypted_fields INTEGER,fle_status VARCHAR,"
    "sc_content_type VARCHAR,sc_content_len BIGINT,sc_range_start BIGINT,sc_range_end BIGINT,c_port INTEGER,"
    "x_edge_detailed_result_type VARCHAR,c_country VARCHAR,cs_accept_encoding VARCHAR,cs_accept VARCHAR,"
    "cache_behavior_path_pattern VARCHAR,cs_headers VARCHAR,cs_header_names VARCHAR,cs_headers_count INTEGER,"
    "origin_fbl DOUBLE,origin_lbl DOUBLE,asn BIGINT,"
    "api_key VARCHAR,year VARCHAR,month VARCHAR,day VARCHAR,";

std::string columns_of(const QueryResult& result) {
    std::string text;
    for (const ResultColumn& column : result.columns)
        text += column.name + " " + column.type + ",";
    return text;
}

TEST(Views, CloudfrontHasTheSamplesColumnsInBothStates) {
    RequestLake lake;
    lake.capture({});
    const auto captured = lake.engine().run_user_sql("SELECT * FROM cloudfront_realtime_logs");
    ASSERT_TRUE(captured.ok()) << captured.error().message;
    EXPECT_EQ(columns_of(*captured), kSampleColumns);
    EXPECT_EQ(captured->columns.size(), 48U);
    lake.deliver();
    const auto delivered = lake.engine().run_user_sql("SELECT * FROM cloudfront_realtime_logs");
    ASSERT_TRUE(delivered.ok()) << delivered.error().message;
    EXPECT_EQ(columns_of(*delivered), kSampleColumns);
    EXPECT_EQ(test::shown(*delivered), test::shown(*captured));
}

TEST(Views, CloudfrontTimeIsMillisecondsAndUtcDays) {
    RequestLake lake;
    lake.capture({.time = instant_from_us(1'767'225'599'999'999)});  // 2025-12-31T23:59:59.999999Z
    lake.capture({.time = instant_from_us(1'767'225'600'000'000)});  // 2026-01-01T00:00:00Z
    EXPECT_EQ(ask(lake.engine(),
                  "SELECT timestamp, year, month, day, api_key FROM cloudfront_realtime_logs "
                  "ORDER BY timestamp"),
              "1767225599999|2025|12|31|key_1\n1767225600000|2026|01|01|key_1\n");
    EXPECT_EQ(ask(lake.engine(),
                  "SELECT count(*) FROM cloudfront_realtime_logs "
                  "WHERE year = '2026' AND month = '01' AND day = '01'"),
              "1\n");
}

// The published sample's cloudfront_logs.
constexpr const char* kStandardColumns =
    "date DATE,time VARCHAR,x_edge_location VARCHAR,sc_bytes BIGINT,c_ip VARCHAR,cs_method VARCHAR,"
    "cs_host VARCHAR,cs_uri_stem VARCHAR,sc_status INTEGER,cs_referer VARCHAR,cs_user_agent VARCHAR,"
    "cs_uri_query VARCHAR,cs_cookie VARCHAR,x_edge_result_type VARCHAR,x_edge_request_id VARCHAR,"
    "x_host_header VARCHAR,cs_protocol VARCHAR,cs_bytes BIGINT,time_taken FLOAT,x_forwarded_for VARCHAR,"
    "ssl_protocol VARCHAR,ssl_cipher VARCHAR,x_edge_response_result_type VARCHAR,cs_protocol_version VARCHAR,"
    "fle_status VARCHAR,fle_encrypted_fields INTEGER,c_port INTEGER,time_to_first_byte FLOAT,"
    "x_edge_detailed_result_type VARCHAR,sc_content_type VARCHAR,sc_content_len BIGINT,sc_range_start BIGINT,"
    "sc_range_end BIGINT,";

TEST(Views, StandardLogsHaveTheSamplesColumns) {
    RequestLake lake;
    lake.capture({});
    const auto result = lake.engine().run_user_sql("SELECT * FROM cloudfront_logs");
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(columns_of(*result), kStandardColumns);
    EXPECT_EQ(result->columns.size(), 33U);
}

TEST(Views, StandardLogsTurnTheHostsRoundAndWriteAnEarlyEndAsZero) {
    RequestLake lake;
    lake.capture({.headers = "host:api.example.com\n", .status = 499});
    EXPECT_EQ(ask(lake.engine(),
                  "SELECT CAST(date AS VARCHAR), time, cs_host, x_host_header, sc_status "
                  "FROM cloudfront_logs"),
              "2026-09-21|14:13:20|d111.example.net|api.example.com|0\n");
}

TEST(Views, TheGatewaysLogHasTheSamplesNineColumns) {
    RequestLake lake;
    lake.capture({.method = "POST", .path = "/random/strings", .principal = "ann"});
    lake.capture({.bytes_sent = 5'000'000'000});
    const auto result = lake.engine().run_user_sql("SELECT * FROM tallyman.restapi_access_log_iceberg");
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(columns_of(*result),
              "request_id VARCHAR,ip VARCHAR,user VARCHAR,request_time TIMESTAMP,http_method VARCHAR,"
              "resource_path VARCHAR,status VARCHAR,protocol VARCHAR,response_length INTEGER,");
    EXPECT_EQ(
        ask(lake.engine(),
            "SELECT request_id, ip, \"user\", CAST(request_time AS VARCHAR), http_method, resource_path, "
            "status, protocol, response_length FROM restapi_access_log_iceberg ORDER BY 1"),
        "00c0ffee00c0ffee0000000000000000|192.0.2.7|ann|2026-09-21 14:13:20|POST|/random/strings|200|"
        "HTTP/1.1|1000\n"
        "00c0ffee00c0ffee0000000000000001|192.0.2.7|null|2026-09-21 14:13:20|GET|/example|200|HTTP/1.1|"
        "2147483647\n");
}

TEST(Views, HeadersAreCompleteWithTheKeyMasked) {
    RequestLake lake;
    std::string headers = "host:api.example.com\n";
    for (int i = 0; i < 40; ++i)
        headers += "x-filler-" + std::to_string(i) + ":" + std::string(30, 'f') + "\n";
    lake.capture({.headers = headers + "x-api-key:key_1\n"});
    EXPECT_EQ(ask(lake.engine(),
                  "SELECT length(cs_headers) > 1600, cs_headers LIKE '%0AX-Api-Key:key_1%0A', "
                  "length(cs_header_names) - length(replace(cs_header_names, '%0A', '')) "
                  "FROM cloudfront_realtime_logs"),
              "true|true|126\n");
}

// Files from before a column was there are read beside those that have it.
TEST(Views, AnOlderTablesRowsHoldNullInNewColumns) {
    RequestLake lake([](const lake::LakeServices& services) {
        const Status written = tally::test::write_older_requests(services, 2);
        EXPECT_TRUE(written.ok()) << written.error().message;
    });
    lake.capture({.principal = "ann", .dimensions = "x-tokens-used=17\n"});
    constexpr const char* kQuestion =
        "SELECT cs_method, sc_status, principal, dimensions ->> 'x-tokens-used' FROM requests ORDER BY 1";
    constexpr const char* kRows = "GET|200|ann|17\ncs_method-0|200|null|null\ncs_method-1|200|null|null\n";
    EXPECT_EQ(ask(lake.engine(), kQuestion), kRows);
    lake.deliver();
    lake.capture({.method = "PUT"});
    lake.deliver();
    EXPECT_EQ(ask(lake.engine(), kQuestion), "GET|200|ann|17\nPUT|200|null|null\n" + std::string(kRows + 15));
    EXPECT_EQ(ask(lake.engine(), "SELECT count(principal) FROM requests WHERE principal = 'ann'"), "1\n");
    EXPECT_EQ(ask(lake.engine(), "SELECT count(*) FROM requests WHERE dimensions IS NULL"), "3\n");
}

TEST(Views, TheSamplesWayToTheKeyWorks) {
    RequestLake lake;
    lake.capture({});
    EXPECT_EQ(
        ask(lake.engine(),
            "SELECT url_decode(regexp_extract(cs_headers, 'X-Api-Key:([^%]+)', 1)) AS api_key, count(*) "
            "FROM cloudfront_realtime_logs WHERE cs_headers LIKE '%X-Api-Key:%' GROUP BY 1"),
        "key_1|1\n");
}

TEST(Views, QualifiedNamesReachTheSame) {
    RequestLake lake;
    lake.capture({});
    EXPECT_EQ(ask(lake.engine(), "SELECT count(*) FROM tallyman.requests"), "1\n");
    EXPECT_EQ(ask(lake.engine(), "SELECT count(*) FROM TallyMan.CloudFront_Realtime_Logs"), "1\n");
    EXPECT_EQ(
        ask(lake.engine(), "SELECT count(*) FROM tallyman.requests a JOIN requests b USING (record_id)"),
        "1\n");
}

TEST(Views, LiteralsAreQuoted) {
    EXPECT_EQ(sql_literal("it's"), "'it''s'");
    EXPECT_EQ(sql_literal(""), "''");
}

}  // namespace
}  // namespace tally::query
