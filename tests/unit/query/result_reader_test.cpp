#include "query/query_engine.hpp"
#include "results.hpp"
#include "support/request_lake.hpp"

#include <string>
#include <tuple>

#include <gtest/gtest.h>

namespace tally::query {
namespace {

using tally::test::RequestLake;

TEST(ResultReader, EveryTypeHasItsNotation) {
    RequestLake lake;
    const std::tuple<const char*, const char*, const char*> expected[] = {
        {"NULL::BIGINT", "BIGINT", "null"},
        {"true", "BOOLEAN", "true"},
        {"(-128)::TINYINT", "TINYINT", "-128"},
        {"(-32768)::SMALLINT", "SMALLINT", "-32768"},
        {"-7::INTEGER", "INTEGER", "-7"},
        {"9223372036854775807", "BIGINT", "9223372036854775807"},
        {"255::UTINYINT", "UTINYINT", "255"},
        {"65535::USMALLINT", "USMALLINT", "65535"},
        {"4294967295::UINTEGER", "UINTEGER", "4294967295"},
        {"18446744073709551615::UBIGINT", "UBIGINT", "18446744073709551615"},
        {"5::HUGEINT", "HUGEINT", "5"},
        {"-170141183460469231731687303715884105727::HUGEINT", "HUGEINT",
         "-170141183460469231731687303715884105727"},
        {"340282366920938463463374607431768211455::UHUGEINT", "UHUGEINT",
         "340282366920938463463374607431768211455"},
        {"0.1::DOUBLE", "DOUBLE", "0.1"},
        {"0.5::FLOAT", "FLOAT", "0.5"},
        {"'nan'::DOUBLE", "DOUBLE", "nan"},
        {"'-infinity'::DOUBLE", "DOUBLE", "-infinity"},
        {"1.50::DECIMAL(4,2)", "DECIMAL(4,2)", "1.50"},
        {"-0.05::DECIMAL(9,2)", "DECIMAL(9,2)", "-0.05"},
        {"12345678901234567890.123::DECIMAL(38,3)", "DECIMAL(38,3)", "12345678901234567890.123"},
        {"'a'", "VARCHAR", "a"},
        {"'longer than twelve bytes: ä€😀'", "VARCHAR", "longer than twelve bytes: ä€😀"},
        {"'\\x00\\xAB'::BLOB", "BLOB", "00ab"},
        {"'00112233-4455-6677-8899-aabbccddeeff'::UUID", "UUID", "00112233-4455-6677-8899-aabbccddeeff"},
        {"DATE '2026-02-28'", "DATE", "2026-02-28"},
        {"'infinity'::DATE", "DATE", "infinity"},
        {"TIME '01:02:03.5'", "TIME", "01:02:03.500000"},
        {"TIMESTAMP '2026-01-01 00:00:00'", "TIMESTAMP", "2026-01-01T00:00:00Z"},
        {"TIMESTAMPTZ '2026-01-01 00:00:00.25+01'", "TIMESTAMP WITH TIME ZONE", "2025-12-31T23:00:00.25Z"},
        {"'2026-01-01'::TIMESTAMP_S", "TIMESTAMP_S", "2026-01-01T00:00:00Z"},
        {"'2026-01-01 00:00:00.5'::TIMESTAMP_MS", "TIMESTAMP_MS", "2026-01-01T00:00:00.5Z"},
        {"'2026-01-01 00:00:00.000001'::TIMESTAMP_NS", "TIMESTAMP_NS", "2026-01-01T00:00:00.000001Z"},
        {"INTERVAL '14 months 3 days 1.5 seconds'", "INTERVAL", "P1Y2M3DT1.5S"},
        {"INTERVAL 0 SECOND", "INTERVAL", "PT0S"},
        {"'b'::ENUM('a', 'b')", "ENUM", "b"},
        {"[1, NULL, 3]", "INTEGER[]", "[1,null,3]"},
        {"[1, 2]::INTEGER[2]", "INTEGER[2]", "[1,2]"},
        {"[['a'], []]", "VARCHAR[][]", "[[\"a\"],[]]"},
        {"{'a': 1, 'b': 'x\"y'}", "STRUCT(a INTEGER, b VARCHAR)", "{\"a\":1,\"b\":\"x\\\"y\"}"},
        {"map {'k': [1.5::DOUBLE]}", "MAP(VARCHAR, DOUBLE[])", "{\"k\":[1.5]}"},
        {"map {1: NULL}", "MAP(INTEGER, INTEGER)", "{\"1\":null}"},
    };
    for (const auto& [sql, type, value] : expected) {
        const auto result = lake.engine().run_user_sql(std::string("SELECT ") + sql + " AS x");
        ASSERT_TRUE(result.ok()) << sql << ": " << result.error().message;
        EXPECT_EQ(result->columns[0].name, "x");
        EXPECT_EQ(result->columns[0].type, type) << sql;
        EXPECT_EQ(test::shown(result->rows[0][0]), value) << sql;
    }
}

TEST(ResultReader, UnknownTypesSayWhatToDo) {
    RequestLake lake;
    const auto result = lake.engine().run_user_sql("SELECT 1 AS a, '101'::BIT AS b");
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(result.error().message, "column 2 (b) is of a type that cannot be shown; cast it to VARCHAR");
}

TEST(ResultReader, ReadsAllChunks) {
    RequestLake lake;
    const auto result = lake.engine().run_user_sql(
        "SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE 'n' || i END FROM range(10000) t(i) ORDER BY i");
    ASSERT_TRUE(result.ok()) << result.error().message;
    ASSERT_EQ(result->rows.size(), 10000U);
    for (std::size_t i = 0; i < result->rows.size(); ++i) {
        EXPECT_EQ(result->rows[i][0], Cell{static_cast<std::int64_t>(i)});
        EXPECT_EQ(result->rows[i][1], i % 3 == 0 ? Cell{} : Cell{"n" + std::to_string(i)});
    }
}

}  // namespace
}  // namespace tally::query
