#include "rating/document.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

std::string reread(std::string_view json) {
    const auto document = Document::parse_json(json);
    return document ? document->json() : "error " + document.error().pointer;
}

TEST(Document, KeepsOrderTextAndDigits) {
    const char* json =
        R"({"b":1.500,"a":[true,false,null,"x\"\n\u00e9",-0,1e5,123456789012345678901234567890],"":{}})";
    EXPECT_EQ(reread(json),
              "{\"b\":1.500,\"a\":[true,false,null,\"x\\\"\\n\xC3\xA9\",-0,1e5,"
              "123456789012345678901234567890],\"\":{}}");
    EXPECT_EQ(reread("  7 "), "7");
    EXPECT_EQ(reread("\"\""), "\"\"");
    EXPECT_EQ(reread("[]"), "[]");
}

TEST(Document, SaysLineAndColumnOfWhatIsNoJson) {
    EXPECT_EQ(reread(""), "error 1:1");
    EXPECT_EQ(reread("{\n  \"a\": 1,\n  b}"), "error 3:3");
    EXPECT_EQ(reread("1 2"), "error 1:3");
    EXPECT_EQ(reread("{\"a\":1"), "error 1:7");
    EXPECT_EQ(reread("[01]"), "error 1:3");
    EXPECT_EQ(reread("\"\xFF\""), "error 1:2");
}

TEST(Document, RefusesANameThatStandsTwice) {
    const auto document = Document::parse_json(R"({"a":{"b":1,"c":2,"b":3}})");
    ASSERT_FALSE(document.ok());
    EXPECT_NE(document.error().message.find("'b' stands twice"), std::string::npos);
    EXPECT_EQ(reread(R"({"a":{"b":1},"c":{"b":1}})"), R"({"a":{"b":1},"c":{"b":1}})");
}

TEST(Document, RefusesEndlessNesting) {
    EXPECT_TRUE(Document::parse_json(std::string(30, '[') + std::string(30, ']')).ok());
    EXPECT_FALSE(Document::parse_json(std::string(10'000, '[')).ok());
}

TEST(Document, FindsMembersByName) {
    const auto document = Document::parse_json(R"({"a":1,"b":null})").value();
    EXPECT_EQ(document.find("a")->str(), "1");
    EXPECT_TRUE(document.find("b")->is_null());
    EXPECT_EQ(document.find("c"), nullptr);
    EXPECT_EQ(document.find("a")->find("a"), nullptr);
}

}  // namespace
}  // namespace tally::rating
