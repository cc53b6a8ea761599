#include "accounts/json_object.hpp"

#include "base/time_text.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally::accounts {
namespace {

JsonObject parsed(std::string_view text) {
    Result<JsonObject> object = JsonObject::parse(text);
    EXPECT_TRUE(object.ok()) << text;
    return *object;
}

TEST(JsonObject, ReadsEachKindOfField) {
    JsonObject object =
        parsed(R"({"a":"x","b":true,"c":-3,"d":"2026-10-01T00:00:00Z","e":["p","q"],"f":null})");
    EXPECT_EQ(object.text("a").value(), "x");
    EXPECT_TRUE(object.flag_or("b", false).value());
    EXPECT_EQ(object.whole("c").value(), -3);
    EXPECT_EQ(object.instant("d").value(), parse_rfc3339("2026-10-01T00:00:00Z").value());
    EXPECT_EQ(object.texts("e").value(), (std::vector<std::string>{"p", "q"}));
    EXPECT_EQ(object.text("f").value(), std::nullopt);
    EXPECT_TRUE(object.finish().ok());
}

TEST(JsonObject, TellsNullFromAbsentWhereItMatters) {
    JsonObject object = parsed(R"({"a":null})");
    EXPECT_EQ(object.text_or_null("a").value(), "");
    EXPECT_EQ(object.text_or_null("b").value(), std::nullopt);
}

TEST(JsonObject, PointsAtTheFieldThatIsWrong) {
    JsonObject object = parsed(R"({"a":1,"b":"x","c":1.5,"d":"yesterday","e":[1]})");
    EXPECT_EQ(object.text("a").error().pointer, "/a");
    EXPECT_EQ(object.flag_or("b", false).error().pointer, "/b");
    EXPECT_EQ(object.whole("c").error().pointer, "/c");
    EXPECT_EQ(object.instant("d").error().pointer, "/d");
    EXPECT_EQ(object.texts("e").error().pointer, "/e");
    EXPECT_EQ(object.required_text("missing").error().pointer, "/missing");
}

TEST(JsonObject, ReadsObjectsInItWithTheirWholePointers) {
    JsonObject object = parsed(R"({"a":{"n":0.125,"x":1},"b":[{"c":1},{"c":"y"}],"d":null,"e":3,"f":[4]})");
    JsonObject inner = object.object("a").value().value();
    EXPECT_EQ(inner.number("n").value(), "0.125");
    EXPECT_EQ(inner.finish().error().pointer, "/a/x");
    std::vector<JsonObject> list = object.objects("b").value();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[1].whole("c").error().pointer, "/b/1/c");
    EXPECT_TRUE(object.is_null("d"));
    EXPECT_FALSE(object.is_null("e"));
    EXPECT_FALSE(object.is_null("none"));
    EXPECT_EQ(object.object("e").error().pointer, "/e");
    EXPECT_EQ(object.objects("f").error().pointer, "/f");
    EXPECT_EQ(object.number("f").error().pointer, "/f");
    EXPECT_EQ(object.object("none").value().has_value(), false);
    EXPECT_TRUE(object.finish().ok());
}

TEST(JsonObject, RefusesWhatNobodyAskedFor) {
    JsonObject object = parsed(R"({"name":"x","na/m~e":1})");
    ASSERT_TRUE(object.text("name").ok());
    const Status finished = object.finish();
    ASSERT_FALSE(finished.ok());
    EXPECT_EQ(finished.error().pointer, "/na~1m~0e");
    EXPECT_NE(finished.error().message.find("name"), std::string::npos);
}

TEST(JsonObject, RefusesWhatIsNoObject) {
    for (const char* text : {"[]", "3", "\"x\"", "{", "{}x", "{\"a\":1,\"a\":2}"})
        EXPECT_FALSE(JsonObject::parse(text).ok()) << text;
    EXPECT_FALSE(JsonObject::parse("{\"a\":\"" + std::string(70'000, 'x') + "\"}").ok());
    EXPECT_TRUE(JsonObject::parse("").ok());
}

}  // namespace
}  // namespace tally::accounts
