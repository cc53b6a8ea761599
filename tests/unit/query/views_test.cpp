#include "query/views.hpp"

#include "results.hpp"
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
