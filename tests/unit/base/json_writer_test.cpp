#include "base/json_writer.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(JsonWriter, WritesNestedDocuments) {
    JsonWriter json;
    json.begin_object().field("a", std::int64_t{1}).key("b").begin_array().string("x").null().boolean(true);
    json.begin_object().end_object().end_array().field_or_null("c", "").field("d", 0.1).end_object();
    EXPECT_EQ(json.take(), R"({"a":1,"b":["x",null,true,{}],"c":null,"d":0.1})");
    json.begin_array().end_array();
    EXPECT_EQ(json.take(), "[]");
}

TEST(JsonWriter, EscapesWhatCouldForgeALineOrADocument) {
    JsonWriter json;
    json.string(std::string("\"\\\n\r\t\x1b\x00\x7f", 8));
    EXPECT_EQ(json.take(), R"("\"\\\n\r\t\u001b\u0000\u007f")");
}

TEST(JsonWriter, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
    JsonWriter json;
    // A lone continuation, an overlong slash, a surrogate, above U+10FFFF, a cut sequence; then a right one.
    json.string("\x80|\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82|\xe2\x82\xac");
    const std::string r = "\xEF\xBF\xBD";
    EXPECT_EQ(json.take(),
              "\"" + r + "|" + r + r + "|" + r + r + r + "|" + r + r + r + r + "|" + r + r + "|€\"");
}

TEST(JsonWriter, NumbersReadBackEqual) {
    JsonWriter json;
    json.begin_array()
        .number(1e300)
        .number(0.1)
        .number(std::nan(""))
        .number(INFINITY)
        .number(std::int64_t{-5});
    json.end_array();
    EXPECT_EQ(json.take(), "[1e+300,0.1,null,null,-5]");
}

}  // namespace
}  // namespace tally
