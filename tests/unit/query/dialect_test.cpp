#include "query/dialect.hpp"

#include "results.hpp"
#include "support/request_lake.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace tally::query {
namespace {

using tally::test::RequestLake;
using test::ask;

TEST(Dialect, OnlyNamedMacrosAreMade) {
    EXPECT_EQ(macros_for("SELECT 1"), "");
    EXPECT_NE(macros_for("SELECT REGEXP_EXTRACT(a, b)").find("CREATE MACRO regexp_extract"),
              std::string::npos);
}

TEST(Dialect, AthenaFunctionsGiveAthenasValues) {
    RequestLake lake;
    const std::pair<const char*, const char*> expected[] = {
        {"regexp_extract('abc', 'x')", "null"},
        {"regexp_extract('abc', 'a(b)', 1)", "b"},
        {"regexp_like('abc', 'b')", "true"},
        {"regexp_replace('a-b-c', '-', '+')", "a+b+c"},
        {"regexp_replace('abc', '(b)', '[$1]')", "a[b]c"},
        {"from_unixtime(1759687234191 / 1000)", "2025-10-05T18:00:34Z"},
        {"date_format(from_unixtime(0), '%Y-%m-%d %H:00:00')", "1970-01-01 00:00:00"},
        {"date_format(TIMESTAMP '2025-01-02 03:04:05', '%Y %M %e %k:%i:%s')", "2025 January 2 3:04:05"},
        {"extract(hour FROM from_unixtime(3600))", "1"},
        {"date_add('day', 1, DATE '2025-01-31')", "2025-02-01T00:00:00Z"},
        {"date_diff('day', DATE '2025-01-01', DATE '2025-01-31')", "30"},
        {"day_of_week(DATE '2025-01-05')", "7"},
        {"7 / 2", "3"},
        {"200000000 / 1024 / 1024", "190"},
        {"7 / 2.0", "3.5"},
        {"url_decode('a%20b')", "a b"},
        {"array_join(array_agg(DISTINCT x ORDER BY x), ', ') FROM (VALUES ('b'), ('a'), ('a')) t(x)", "a, b"},
        {"element_at(split('a:b', ':'), 2)", "b"},
        {"element_at(split('a:b', ':'), 5)", "null"},
        {"element_at(filter(split('A:1' || chr(10) || 'B:2', chr(10)), h -> h LIKE 'B:%'), 1)", "B:2"},
        {"json_extract_scalar('{\"a\":\"b\"}', '$.a')", "b"},
        {"url_extract_parameter('/x?a=1&b=c%20d', 'b')", "c d"},
        {"url_extract_parameter('/x?a=1', 'b')", "null"},
        {"approx_distinct(x) FROM (VALUES (1), (1), (2)) t(x)", "2"},
        {"count_if(x > 1) FROM (VALUES (1), (2)) t(x)", "1"},
        {"to_iso8601(from_unixtime(1.5))", "1970-01-01T00:00:01.500Z"},
        {"round(100.0 * 1 / 3, 2)", "33.33"},
        {"concat('a', 'b', 'c')", "abc"},
        {"replace('aXbX', 'X', '--')", "a--b--"},
        {"repeat('ab', 3)", "ababab"},
    };
    for (const auto& [sql, value] : expected)
        EXPECT_EQ(ask(lake.engine(), std::string("SELECT ") + sql), std::string(value) + "\n") << sql;
}

TEST(Dialect, TheSamplesQueriesRun) {
    RequestLake lake;
    lake.capture({.bytes_sent = 3 * 1024 * 1024, .result = ResultType::kHit});
    lake.capture({.status = 500, .bytes_sent = 1024 * 1024});
    lake.deliver();
    const std::string from = " FROM cloudfront_realtime_logs WHERE cs_headers LIKE '%X-Api-Key:%' ";
    EXPECT_EQ(ask(lake.engine(),
                  "SELECT api_key, COUNT(*) AS request_count, SUM(sc_bytes) / 1024 / 1024 AS mb, "
                  "COUNT(CASE WHEN sc_status = 200 THEN 1 END), COUNT_IF(x_edge_result_type = 'Hit')" +
                      from + "GROUP BY api_key"),
              "key_1|2|4|1|1\n");
    EXPECT_EQ(ask(lake.engine(),
                  "WITH geo AS (SELECT api_key, SUM(sc_bytes) / 1024.0 / 1024.0 / 1024.0 * "
                  "CASE WHEN c_country IN ('US', 'CA') THEN 0.085 ELSE 0.120 END AS cost" +
                      from +
                      "GROUP BY api_key, c_country) SELECT api_key, ROUND(SUM(cost), 4) FROM geo GROUP BY 1"),
              "key_1|0.0005\n");
    EXPECT_EQ(
        ask(lake.engine(),
            "SELECT DATE_FORMAT(FROM_UNIXTIME(timestamp / 1000), '%Y-%m-%d %H:00:00') AS hour, COUNT(*)" +
                from + "GROUP BY 1 ORDER BY 1"),
        "2026-09-21 14:00:00|2\n");
    EXPECT_EQ(ask(lake.engine(),
                  "SELECT x_edge_result_type, COUNT(*) * 100.0 / SUM(COUNT(*)) OVER (PARTITION BY api_key)" +
                      from + "GROUP BY api_key, x_edge_result_type ORDER BY 1"),
              "Hit|50\nMiss|50\n");
}

}  // namespace
}  // namespace tally::query
