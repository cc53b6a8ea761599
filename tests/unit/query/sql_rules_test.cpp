#include "query/sql_rules.hpp"

#include "results.hpp"
#include "support/request_lake.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace tally::query {
namespace {

using tally::test::RequestLake;
using test::ask;

class SqlRules : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        lake_ = std::make_unique<RequestLake>();
        lake_->capture({});
        lake_->deliver();
        lake_->capture({});
    }

    static void TearDownTestSuite() { lake_.reset(); }

    static QueryEngine& engine() { return lake_->engine(); }

    static std::unique_ptr<RequestLake> lake_;
};

std::unique_ptr<RequestLake> SqlRules::lake_;

// Each would read files, settings or the process, write something, or leave the one SELECT.
constexpr const char* kEscapes[] = {
    // files
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM READ_TEXT('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_ndjson_objects('/etc/passwd')",
    "SELECT * FROM read_parquet('/tmp/*.parquet')",
    "SELECT * FROM parquet_scan('/tmp/*.parquet')",
    "SELECT * FROM parquet_metadata('/tmp/x.parquet')",
    "SELECT * FROM parquet_kv_metadata('/tmp/x.parquet')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM \"/etc/passwd.csv\"",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "SELECT * FROM 'https://example.com/x.csv'",
    "SELECT * FROM read_duckdb('/tmp/x.db')",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT 1 WHERE EXISTS (FROM read_text('/etc/passwd'))",
    "WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
    "SELECT 1 UNION ALL SELECT content FROM read_text('/etc/passwd')",
    "SELECT * FROM requests, LATERAL (SELECT * FROM read_text('/etc/passwd')) t",
    "EXPLAIN ANALYZE SELECT * FROM read_text('/etc/passwd')",
    "VALUES ((SELECT content FROM read_text('/etc/passwd')))",
    "FROM read_text('/etc/passwd')",
    "TABLE \"/etc/passwd\"",
    "SELECT * FROM (DESCRIBE requests)",
    // writing
    "COPY requests TO '/tmp/out.csv'",
    "COPY (SELECT 1) TO '/tmp/out.parquet' (FORMAT parquet)",
    "EXPORT DATABASE '/tmp/out'",
    "IMPORT DATABASE '/tmp/out'",
    "ATTACH '/tmp/x.db'",
    "ATTACH ':memory:' AS m",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP TABLE t(a INTEGER)",
    "CREATE VIEW v AS SELECT 1",
    "CREATE MACRO m() AS 1",
    "CREATE SCHEMA s",
    "CREATE SECRET (TYPE s3)",
    "INSERT INTO requests VALUES (1)",
    "UPDATE requests SET stage = 'x'",
    "DELETE FROM requests",
    "DROP VIEW requests",
    "ALTER TABLE requests ADD COLUMN x INTEGER",
    "TRUNCATE requests",
    "MERGE INTO requests USING requests r ON true WHEN MATCHED THEN DELETE",
    "VACUUM",
    "CHECKPOINT",
    // the process and its settings
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 8",
    "RESET memory_limit",
    "SET VARIABLE x = 1",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CALL duckdb_settings()",
    "USE memory",
    "BEGIN",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "SHOW TABLES",
    "DESCRIBE requests",
    "SUMMARIZE requests",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT getvariable('x')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_settings",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_functions()",
    "SELECT * FROM duckdb_temporary_files()",
    "SELECT * FROM duckdb_logs",
    "SELECT * FROM pragma_database_size()",
    "SELECT * FROM pragma_user_agent()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM system.main.duckdb_settings",
    "SELECT * FROM memory.main.requests",
    "SELECT * FROM main.requests",
    "SELECT system.main.getenv('HOME')",
    "SELECT * FROM system.main.range(3)",
    "SELECT pg_sleep(1)",
    "SELECT sleep_ms(1)",
    "SELECT write_log('x')",
    "SELECT nextval('s')",
    "SELECT setseed(0.5)",
    "SELECT current_query()",
    // SQL inside SQL
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('duckdb_settings')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "PRAGMA json_execute_serialized_sql('{}')",
    "SELECT json_deserialize_sql('{}')",
    "SELECT * FROM tally_tail()",
    "SELECT * FROM seq_scan('requests')",
    "SELECT * FROM summary(requests)",
    "SELECT * FROM test_all_types()",
    "SELECT * FROM repeat(1, 100)",
    // names that only look like a common table expression
    "WITH duckdb_settings AS (SELECT * FROM duckdb_settings) SELECT * FROM duckdb_settings",
    "WITH RECURSIVE duckdb_settings AS (SELECT * FROM duckdb_settings UNION ALL SELECT * FROM "
    "duckdb_settings) "
    "SELECT * FROM duckdb_settings",
    "SELECT * FROM (WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings), duckdb_settings",
    "SELECT * FROM duckdb_settings UNION ALL (WITH duckdb_settings AS (SELECT 1) SELECT * FROM "
    "duckdb_settings)",
    "WITH a AS (SELECT * FROM duckdb_tables), duckdb_tables AS (SELECT 1) SELECT * FROM a",
    // more than one statement, or none
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW requests",
    ";",
    "",
    "-- nothing",
    "/* open",
    "EXPLAIN",
    "EXPLAIN COPY requests TO '/tmp/x'",
    "EXPLAIN (FORMAT json) SELECT 1",
    // parameters
    "SELECT $1",
    "SELECT ?",
    // large values in one step
    "SELECT len(range(1000000000))",
    "SELECT generate_series(1, 1000000000)",
    "SELECT repeat('x', 1000000000)",
    "SELECT main.repeat('x', 1000000000)",
    "SELECT system.main.repeat('x', 10)",
    "SELECT lpad('x', 1000000000, 'y')",
    "SELECT printf('%1000000000d', 1)",
    "SELECT format('{:1000000000}', 1)",
    "SELECT bar(1, 0, 1, 1000000000)",
    "SELECT list_resize([1], 1000000000)",
    "SELECT bitstring('1', 1000000000)",
    "SELECT list_transform([1], lambda x: x)",
    "SELECT [x || x for x in ['a']]",
    "SELECT levenshtein(cs_headers, cs_headers) FROM requests",
};

TEST_F(SqlRules, EveryEscapeIsRefused) {
    EXPECT_GE(std::size(kEscapes), 100U);
    for (const char* sql : kEscapes) {
        const auto result = engine().run_user_sql(sql, {}, QueryLimits{.time = std::chrono::seconds(5)});
        ASSERT_FALSE(result.ok()) << sql << "\n" << test::shown(*result);
        EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument) << sql << "\n" << result.error().message;
        EXPECT_FALSE(result.error().message.empty());
    }
    EXPECT_EQ(ask(engine(), "SELECT count(*) FROM requests"), "2\n");
}

TEST_F(SqlRules, RefusalsNameTheRule) {
    const auto said = [](const char* sql) { return ask(engine(), sql); };
    EXPECT_EQ(said("SELECT getenv('HOME')"), "error: the function getenv is not available here");
    EXPECT_EQ(said("SELECT * FROM read_text('x')"),
              "error: the function read_text is not available behind FROM");
    EXPECT_EQ(said("SELECT * FROM invoices"),
              "error: there is no table invoices; there are requests, cloudfront_realtime_logs, "
              "cloudfront_logs, restapi_access_log_iceberg");
    EXPECT_EQ(said("SELECT 1; SELECT 2"), "error: exactly one statement is accepted, there are 2");
    EXPECT_EQ(said("DROP VIEW requests"),
              "error: only one SELECT is accepted (also WITH … SELECT, VALUES, and EXPLAIN of one)");
    EXPECT_EQ(said("SELECT $1"), "error: parameters ($1, ?) are not accepted; write the value");
}

TEST_F(SqlRules, ZeroBytesLongTextsAndDeepNestsAreRefused) {
    using namespace std::string_literals;
    EXPECT_NE(ask(engine(), "SELECT 1\0; DROP VIEW requests"s).find("zero byte"), std::string::npos);
    EXPECT_NE(ask(engine(), "SELECT '" + std::string(kSqlSizeMax, 'x') + "'").find("at most 65536"),
              std::string::npos);
    EXPECT_NE(ask(engine(), "SELECT '\xFF\xFE'").find("error"), std::string::npos);
    EXPECT_NE(
        ask(engine(), "SELECT " + std::string(32000, '(') + "1" + std::string(32000, ')')).find("error"),
        std::string::npos);
    std::string sum = "SELECT 1";
    for (int i = 0; i < 5000; ++i)
        sum += "+1";
    EXPECT_NE(ask(engine(), sum).find("error"), std::string::npos);
    std::string nested = "SELECT 1";
    for (int i = 0; i < 1500; ++i)
        nested = "SELECT * FROM (" + nested + ")";
    EXPECT_NE(ask(engine(), nested).find("error"), std::string::npos);
    EXPECT_EQ(ask(engine(), "SELECT count(*) FROM requests"), "2\n");
}

TEST_F(SqlRules, OrdinarySqlPasses) {
    for (const char* sql : {
             "SELECT * FROM requests LIMIT 1",
             "SELECT 1;",
             "VALUES (1, 'a'), (2, 'b')",
             "FROM requests SELECT count(*)",
             "TABLE requests",
             "WITH a AS (SELECT * FROM requests), b AS (SELECT stage FROM a) SELECT count(*) FROM a, b",
             "WITH requests AS (SELECT 1 AS x) SELECT x FROM requests",
             "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM "
             "t",
             "SELECT cs_method, count(*) AS n, sum(count(*)) OVER (PARTITION BY cs_method) FROM requests "
             "GROUP BY 1 HAVING count(*) > 0 ORDER BY n DESC",
             "SELECT count(*) FILTER (WHERE sc_status = 200), count_if(sc_status >= 400), "
             "count(DISTINCT c_ip) FROM requests",
             "SELECT * FROM range(3) t(i) JOIN generate_series(1, 3) s(j) ON i = j",
             "SELECT unnest([1, 2, 3])",
             "SELECT current_date, current_timestamp, now()",
             "SELECT date_trunc('hour', \"timestamp\"), extract(hour FROM \"timestamp\"), "
             "\"timestamp\" AT TIME ZONE 'Europe/Berlin' FROM requests",
             "SELECT * FROM requests a LEFT JOIN requests b USING (record_id) WHERE a.sc_status IN (SELECT "
             "200)",
             "SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT SELECT 4",
             "SELECT CASE WHEN sc_status BETWEEN 200 AND 299 THEN 'ok' END, coalesce(stage, '-'), nullif(1, "
             "1) "
             "FROM requests",
             "SELECT {'a': 1}.a, [1, 2][1], map {'k': 1}['k'], CAST('1' AS DECIMAL(9, 2)), "
             "'2026-01-01'::DATE",
             "SELECT DISTINCT ON (cs_method) cs_method FROM requests ORDER BY ALL",
             "SELECT cs_method FROM requests GROUP BY GROUPING SETS ((cs_method), ())",
             "SELECT * EXCLUDE (cs_headers) REPLACE (lower(cs_method) AS cs_method) FROM requests",
             "SELECT * FROM requests PIVOT (count(*) FOR cs_method IN ('GET', 'POST'))",
             "SELECT * FROM requests QUALIFY row_number() OVER (ORDER BY \"timestamp\") = 1",
             "SELECT filter(split(cs_headers, '%0A'), h -> h LIKE 'X-Api-Key:%') FROM requests",
             "SELECT * FROM requests TABLESAMPLE 50%",
             "SELECT quantile_cont(time_taken, 0.95), approx_quantile(time_taken, 0.5) FROM requests",
         })
        EXPECT_EQ(ask(engine(), sql).find("error"), std::string::npos) << sql << "\n" << ask(engine(), sql);
}

TEST_F(SqlRules, MemoryOutsideDuckdbsLimitIsWatched) {
    std::string sql = "SELECT cs_headers AS s FROM requests LIMIT 1";
    for (int i = 0; i < 40; ++i)
        sql = "SELECT s || s AS s FROM (" + sql + ")";
    const auto result = engine().run_user_sql("SELECT strlen(s) FROM (" + sql + ")");
    ASSERT_FALSE(result.ok());
    EXPECT_TRUE(result.error().code == ErrorCode::kResourceExhausted ||
                result.error().code == ErrorCode::kInvalidArgument)
        << result.error().message;
}

TEST(SqlRulesText, ExplainIsTakenOff) {
    EXPECT_EQ(split_explain("SELECT 1")->prefix, "");
    EXPECT_EQ(split_explain("  -- a\n EXPLAIN/**/SELECT 1")->prefix, "EXPLAIN ");
    EXPECT_EQ(split_explain("  -- a\n EXPLAIN/**/SELECT 1")->select, "SELECT 1");
    EXPECT_EQ(split_explain("explain analyze\nSELECT 1")->prefix, "EXPLAIN ANALYZE ");
    EXPECT_EQ(split_explain("explained")->prefix, "");
    EXPECT_FALSE(split_explain(" /* only */ -- this").ok());
}

}  // namespace
}  // namespace tally::query
