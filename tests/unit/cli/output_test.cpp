#include "cli/output.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally::cli {
namespace {

JsonValue json(std::string_view text) {
    auto value = JsonValue::parse(text);
    EXPECT_TRUE(value.ok()) << text;
    return value.ok() ? *value : JsonValue();
}

const JsonValue kList = json(R"({"data":[{"id":"cus_1","name":"Äcme","n":5,"in":{"a":"x"}},)"
                             R"({"id":"cus_22","name":null,"n":1234}],"next_cursor":null})");

TEST(Render, ATableAlignsNamesLeftAndNumbersRight) {
    EXPECT_EQ(render(kList, OutputFormat::kTable, {"data", {"id", "name", "n", "in.a"}}),
              "id      name     n  in.a\n"
              "cus_1   Äcme     5  x\n"
              "cus_22        1234\n");
}

TEST(Render, WithoutChosenColumnsAllMembersAreShown) {
    EXPECT_EQ(render(json(R"({"data":[{"a":1},{"b":"x"}]})"), OutputFormat::kTable, {"data", {}}),
              "a  b\n1\n   x\n");
    EXPECT_EQ(render(json(R"({"data":[]})"), OutputFormat::kTable, {"data", {}}), "");
    EXPECT_EQ(render(json(R"({"data":[]})"), OutputFormat::kTable, {"data", {"id"}}), "id\n");
}

TEST(Render, OneObjectIsDescribed) {
    EXPECT_EQ(
        render(
            json(
                R"({"id":"x","period":{"from":"1","to":"2"},"lines":[{"charge":"a","steps":[1],"n":2}],"none":null})"),
            OutputFormat::kTable, {}),
        "id           x\nperiod.from  1\nperiod.to    2\nnone         \n\nlines\ncharge  n\na       2\n");
}

TEST(Render, AQueryResultIsATable) {
    const auto result = json(
        R"({"columns":[{"name":"k","type":"VARCHAR"},{"name":"n","type":"BIGINT"}],"rows":[["a",1],[null,20]]})");
    EXPECT_EQ(render(result, OutputFormat::kTable, {}), "k   n\na   1\n   20\n");
    EXPECT_EQ(render(result, OutputFormat::kCsv, {}), "k,n\r\na,1\r\n,20\r\n");
    EXPECT_EQ(render(result, OutputFormat::kNdjson, {}), "{\"k\":\"a\",\"n\":1}\n{\"k\":null,\"n\":20}\n");
}

TEST(Render, JsonIsTheDocumentAndNdjsonItsRows) {
    EXPECT_EQ(render(json(R"({"data":[{"id":"a"},{"id":"b"}]})"), OutputFormat::kJson, {"data", {}}),
              "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}]}\n");
    EXPECT_EQ(render(json(R"({"data":[{"id":"a"},{"id":"b"}]})"), OutputFormat::kNdjson, {"data", {}}),
              "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
}

TEST(Render, NoValueSteersTheTerminal) {
    const std::string shown =
        render(json("{\"data\":[{\"name\":\"a\\u001b[2Jb\\r\\nc\\u0000\\u007f\\u009bd\"}]}"),
               OutputFormat::kTable, {"data", {"name"}});
    EXPECT_EQ(shown, "name\na\\x1b[2Jb\\x0d\\x0ac\\x00\\x7f\\x9bd\n");
}

TEST(CsvField, FormulasAreMadeInertAndNumbersKept) {
    EXPECT_EQ(csv_field(JsonValue(std::string("=HYPERLINK(1)"))), "'=HYPERLINK(1)");
    EXPECT_EQ(csv_field(JsonValue(std::string("@a"))), "'@a");
    EXPECT_EQ(csv_field(JsonValue(std::string("\tx"))), "'\tx");
    EXPECT_EQ(csv_field(JsonValue(std::string("-12.50"))), "-12.50");
    EXPECT_EQ(csv_field(JsonValue(std::string("-12+A1"))), "'-12+A1");
    EXPECT_EQ(csv_field(JsonValue(std::int64_t{-5})), "-5");
    EXPECT_EQ(csv_field(JsonValue(std::string("a,\"b\"\nc"))), "\"a,\"\"b\"\"\nc\"");
}

}  // namespace
}  // namespace tally::cli
