#include "query/query_engine.hpp"

#include "results.hpp"
#include "support/request_lake.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally::query {
namespace {

using tally::test::CapturedRequest;
using tally::test::RequestLake;
using test::ask;
using test::shown;

TEST(QueryEngine, AnEmptyTableHasColumnsAndNoRows) {
    RequestLake lake;
    const auto result = lake.engine().run_user_sql("SELECT * FROM requests");
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_TRUE(result->rows.empty());
    EXPECT_EQ(result->columns.size(), kRequestsColumns.size());
    EXPECT_EQ(ask(lake.engine(), "SELECT count(*) FROM requests"), "0\n");
}

TEST(QueryEngine, SeesWhatIsCapturedAndNotYetDelivered) {
    RequestLake lake;
    lake.capture({.path = "/a", .bytes_sent = 5});
    lake.capture({.path = "/b", .status = 404});
    EXPECT_EQ(ask(lake.engine(), "SELECT cs_uri_stem, sc_status, sc_bytes FROM requests ORDER BY ALL"),
              "/a|200|5\n/b|404|1000\n");
    EXPECT_EQ(ask(lake.engine(), "SELECT count(*) FROM requests"), "2\n");
}

TEST(QueryEngine, AddsUpLakeAndTail) {
    RequestLake lake;
    lake.capture({.path = "/a"});
    lake.capture({.path = "/b"});
    lake.deliver();
    EXPECT_EQ(ask(lake.engine(), "SELECT count(*) FROM requests"), "2\n");
    lake.capture({.path = "/c"});
    EXPECT_EQ(ask(lake.engine(), "SELECT string_agg(cs_uri_stem, ',' ORDER BY record_id) FROM requests"),
              "/a,/b,/c\n");
}

TEST(QueryEngine, ARowReadsTheSameBeforeAndAfterDelivery) {
    RequestLake lake;
    lake.capture({});
    lake.capture({.auth = AuthResult::kUnknownKey,
                  .key = "",
                  .customer = "",
                  .plan = "",
                  .path = "/\xFF\x1b€ <x>",
                  .query = "a=1&b=%20",
                  .headers = "user-agent:it's \"me\"\n",
                  .status = 403,
                  .result = ResultType::kError});
    const std::string sql = "SELECT * FROM requests ORDER BY record_id";
    const std::string before = ask(lake.engine(), sql);
    lake.deliver();
    EXPECT_EQ(ask(lake.engine(), sql), before);
    EXPECT_EQ(ask(lake.engine(), "SELECT cs_uri_stem FROM requests WHERE sc_status = 403"), "/%FF%1B€ <x>\n");
    const std::string types = "SELECT * FROM requests";
    EXPECT_EQ(lake.engine().run_user_sql(types)->columns[1].type, "TIMESTAMP WITH TIME ZONE");
    EXPECT_EQ(lake.engine().run_user_sql(types)->columns[14].type, "BIGINT");
}

TEST(QueryEngine, ReadsASnapshotAloneForEver) {
    RequestLake lake;
    lake.capture({.path = "/a"});
    lake.deliver();
    const SnapshotId first = lake.snapshot();
    const Instant between = lake.clock().now() + std::chrono::seconds(1);
    lake.clock().advance(std::chrono::seconds(2));
    lake.capture({.path = "/b"});
    lake.deliver();
    lake.capture({.path = "/c"});
    const std::string count = "SELECT count(*) FROM requests";
    EXPECT_EQ(ask(lake.engine(), count), "3\n");
    EXPECT_EQ(ask(lake.engine(), count, Cut{.snapshot = first}), "1\n");
    EXPECT_EQ(ask(lake.engine(), count, Cut{.as_of = between}), "1\n");
    EXPECT_EQ(ask(lake.engine(), count, Cut{.snapshot = lake.snapshot()}), "2\n");
}

TEST(QueryEngine, UnknownSnapshotsAreNamed) {
    RequestLake lake;
    lake.capture({});
    lake.deliver();
    const auto unknown = lake.engine().run_user_sql("SELECT 1", Cut{.snapshot = SnapshotId(42)});
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
    EXPECT_NE(unknown.error().message.find("42"), std::string::npos);
    const auto early = lake.engine().run_user_sql("SELECT 1", Cut{.as_of = instant_from_us(1)});
    ASSERT_FALSE(early.ok());
    EXPECT_EQ(early.error().code, ErrorCode::kNotFound);
    const auto both =
        lake.engine().run_user_sql("SELECT 1", Cut{.snapshot = lake.snapshot(), .as_of = instant_from_us(1)});
    ASSERT_FALSE(both.ok());
    EXPECT_EQ(both.error().code, ErrorCode::kInvalidArgument);
}

TEST(QueryEngine, OurOwnSqlTakesParameters) {
    RequestLake lake;
    lake.capture({.path = "/a"});
    lake.capture({.path = "/b", .status = 500});
    const auto result = lake.engine().run(
        "SELECT cs_uri_stem, $2::BOOLEAN, $3::DOUBLE, $4::VARCHAR FROM requests WHERE sc_status = $1",
        {Cell{std::int64_t{500}}, Cell{true}, Cell{0.5}, Cell{}});
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(shown(*result), "/b|true|0.5|null\n");
    const auto missing = lake.engine().run("SELECT $1", {});
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code, ErrorCode::kInvalidArgument);
}

TEST(QueryEngine, ExplainsOneSelect) {
    RequestLake lake;
    lake.capture({});
    lake.deliver();
    EXPECT_EQ(ask(lake.engine(), "/* why */ explain SELECT count(*) FROM requests").find("error"),
              std::string::npos);
    EXPECT_EQ(ask(lake.engine(), "EXPLAIN ANALYZE SELECT count(*) FROM requests").find("error"),
              std::string::npos);
    EXPECT_NE(ask(lake.engine(), "EXPLAIN EXPLAIN SELECT 1").find("error"), std::string::npos);
    EXPECT_NE(ask(lake.engine(), "EXPLAIN ANALYZE DROP VIEW requests").find("only one SELECT"),
              std::string::npos);
}

TEST(QueryEngine, StopsAtTheTimeLimit) {
    RequestLake lake;
    const auto result = lake.engine().run_user_sql(
        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = 7", {},
        QueryLimits{.time = std::chrono::milliseconds(200)});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
    EXPECT_NE(result.error().message.find("200 ms"), std::string::npos) << result.error().message;
}

TEST(QueryEngine, StopsAnEndlessRecursion) {
    RequestLake lake;
    const auto result = lake.engine().run_user_sql(
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t", {},
        QueryLimits{.time = std::chrono::milliseconds(200)});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
}

TEST(QueryEngine, TooManyRowsAreAnErrorNotACut) {
    RequestLake lake;
    const QueryLimits limits{.rows_max = 1000};
    EXPECT_EQ(lake.engine().run_user_sql("SELECT * FROM range(1000)", {}, limits)->rows.size(), 1000U);
    const auto result = lake.engine().run_user_sql("SELECT * FROM range(1001)", {}, limits);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
    EXPECT_NE(result.error().message.find("more than 1000 rows"), std::string::npos);
}

TEST(QueryEngine, StopsAtTheMemoryLimit) {
    RequestLake lake;
    const auto result = lake.engine().run_user_sql("SELECT len(list(i)) FROM range(100000000) t(i)", {},
                                                   QueryLimits{.memory_bytes = 64ULL * 1024 * 1024});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
    EXPECT_NE(result.error().message.find("memory"), std::string::npos);
}

TEST(QueryEngine, ALargeSortSpillsAndLeavesNothingBehind) {
    RequestLake lake;
    const auto result = lake.engine().run_user_sql(
        "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY md5(CAST(i AS VARCHAR))) AS n "
        "FROM range(1500000) t(i))",
        {}, QueryLimits{.memory_bytes = 64ULL * 1024 * 1024});
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(shown(*result), "1500000\n");
    EXPECT_TRUE(std::filesystem::is_empty(lake.folder() / "temp"));
}

TEST(QueryEngine, ErrorsInTheMiddleOfAResultAreErrors) {
    RequestLake lake;
    const std::string said =
        ask(lake.engine(),
            "SELECT CAST(CASE WHEN i = 90000 THEN 'x' ELSE '1' END AS INTEGER) FROM range(99000) t(i)");
    EXPECT_NE(said.find("error: SQL: Conversion Error"), std::string::npos) << said;
}

TEST(QueryEngine, SyntaxErrorsAreTheUsers) {
    RequestLake lake;
    const auto result = lake.engine().run_user_sql("SELEC 1");
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    const auto unknown = lake.engine().run_user_sql("SELECT nonsense FROM requests");
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(unknown.error().message.find("nonsense"), std::string::npos);
}

TEST(QueryEngine, AcceptsConditionsOverOneRow) {
    RequestLake lake;
    for (const char* condition :
         {"sc_status < 500", "c_country IN ('US', 'CA') AND cs_method <> 'OPTIONS'", "TRUE",
          "cs_uri_stem LIKE '/v1/%' -- the new API", "regexp_extract(cs_uri_stem, '/v(\\d)', 1) = '2'",
          "requests.stage IS NOT NULL", "\"timestamp\" > TIMESTAMPTZ '2026-01-01 00:00:00+00'",
          "CASE WHEN sc_bytes > 0 THEN true ELSE false END",
          "sc_bytes BETWEEN 1 AND 5 OR NOT (sc_status = 200)"})
        EXPECT_TRUE(lake.engine().check_condition(condition).ok())
            << condition << ": " << lake.engine().check_condition(condition).error().message;
}

TEST(QueryEngine, RefusesConditionsThatAreMoreOrLess) {
    RequestLake lake;
    for (const char* condition : {"",
                                  "1",
                                  "sc_status",
                                  "'yes'",
                                  "sc_status < 500) OR (1=1",
                                  "sc_status < 500) OR coalesce(TRUE",
                                  "TRUE, TRUE",
                                  "TRUE,",
                                  "a) = (b",
                                  "TRUE) UNION SELECT 2 WHERE (TRUE",
                                  "TRUE) GROUP BY (cs_method",
                                  "TRUE); SELECT (1",
                                  "TRUE) -- x",
                                  "TRUE) /*",
                                  "EXISTS (SELECT 1)",
                                  "sc_status = (SELECT 1)",
                                  "count(*) > 1",
                                  "row_number() OVER () = 1",
                                  "\"timestamp\" < now()",
                                  "\"timestamp\" < current_timestamp",
                                  "\"timestamp\" < localtimestamp",
                                  "random() < 0.5",
                                  "nonsense = 1",
                                  "getenv('HOME') = 'x'",
                                  "sc_status = $1",
                                  "sc_status = ?",
                                  "COLUMNS('sc_.*') > 1",
                                  "main.requests.stage = 'x'",
                                  "current_user = 'x'",
                                  "hash(stage) = 1",
                                  "age(\"timestamp\") > INTERVAL 1 DAY",
                                  "sc_status ="}) {
        const Status status = lake.engine().check_condition(condition);
        EXPECT_FALSE(status.ok()) << condition;
        if (!status.ok()) {
            EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument)
                << condition << status.error().message;
        }
    }
}

}  // namespace
}  // namespace tally::query
