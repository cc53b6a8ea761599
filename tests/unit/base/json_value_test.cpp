#include "base/json_value.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally {
namespace {

std::string again(std::string_view text) {
    const auto value = JsonValue::parse(text);
    return value ? value->to_json() : "error: " + value.error().message;
}

TEST(JsonValue, KeepsOrderKindsAndText) {
    EXPECT_EQ(again(R"({"z":1,"a":[true,null,"x\u00e9\ud83d\ude00",-1.5,{"c":{}},[]]})"),
              R"({"z":1,"a":[true,null,"xé😀",-1.5,{"c":{}},[]]})");
    EXPECT_EQ(again(" \"s\" \n"), R"("s")");
    EXPECT_EQ(again("9223372036854775807"), "9223372036854775807");
}

TEST(JsonValue, KeepsEveryDigitOfANumber) {
    for (const char* text :
         {"0.1", "0.10000000000000000000001", "1e2", "-12.50", "18446744073709551615", "7"})
        EXPECT_EQ(JsonValue::parse(text).value().number_text(), text);
    const JsonValue list = JsonValue::parse(R"([1.5,"3",{"a":2.25}])").value();
    EXPECT_EQ(list.as_array()->at(0).number_text(), "1.5");
    EXPECT_EQ(list.as_array()->at(1).number_text(), "");
    EXPECT_EQ(list.as_array()->at(2).find("a")->number_text(), "2.25");
}

TEST(JsonValue, RefusesWhatIsNotOneDocument) {
    for (const char* text :
         {"", "{", "[1,]", "[1] x", "{\"a\":1} {}", "nul", "01", "\"\t\"", "{\"a\":\"\xff\"}"})
        EXPECT_FALSE(JsonValue::parse(text).ok()) << text;
}

TEST(JsonValue, RefusesANameThatStandsTwice) {
    EXPECT_NE(again(R"({"price":"1","price":"2"})").find("\"price\" stands twice"), std::string::npos);
    EXPECT_TRUE(JsonValue::parse(R"({"a":{"b":1},"b":{"a":1}})").ok());
}

TEST(JsonValue, RefusesDepthThatCouldEndTheProcess) {
    EXPECT_TRUE(JsonValue::parse(std::string(60, '[') + std::string(60, ']')).ok());
    EXPECT_FALSE(JsonValue::parse(std::string(1'000'000, '[')).ok());
}

TEST(JsonValue, FindsMembers) {
    const auto value = JsonValue::parse(R"({"id":"cus_1","n":7,"on":false})");
    ASSERT_TRUE(value.ok());
    EXPECT_EQ(value->text_of("id"), "cus_1");
    EXPECT_EQ(value->text_of("n"), "");
    EXPECT_EQ(*value->find("n")->as_int(), 7);
    EXPECT_FALSE(*value->find("on")->as_bool());
    EXPECT_EQ(value->find("none"), nullptr);
    EXPECT_EQ(value->find("n")->find("x"), nullptr);
    EXPECT_EQ(value->find("n")->display(), "7");
}

}  // namespace
}  // namespace tally
