#include "edge/token/json_document.hpp"

#include "edge/token/base64url.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::edge {
namespace {

bool parses(std::string text) {
    JsonDocument document;
    return document.parse(text.data(), text.size());
}

TEST(JsonDocument, ReadsAnObjectWithEverything) {
    std::string text =
        R"( {"a":"x","n":-12.5e+3,"t":true,"f":false,"z":null,"o":{"a":[1,"two",[]]},"e":{},"last":"\u00e9"} )";
    JsonDocument document;
    ASSERT_TRUE(document.parse(text.data(), text.size()));
    const JsonNode& root = document.root();
    EXPECT_EQ(document.find(root, "a")->text, "x");
    EXPECT_EQ(document.find(root, "n")->text, "-12.5e+3");
    EXPECT_EQ(document.find(root, "t")->type, JsonType::kTrue);
    EXPECT_EQ(document.find(root, "f")->type, JsonType::kFalse);
    EXPECT_EQ(document.find(root, "z")->type, JsonType::kNull);
    EXPECT_EQ(document.find(root, "last")->text, "é");
    EXPECT_EQ(document.find(root, "two"), nullptr);
    EXPECT_EQ(document.first(*document.find(root, "e")), nullptr);
    const JsonNode* list = document.find(*document.find(root, "o"), "a");
    const JsonNode* one = document.first(*list);
    EXPECT_EQ(one->text, "1");
    const JsonNode* two = document.next(*list, *one);
    EXPECT_EQ(two->text, "two");
    EXPECT_EQ(document.next(*list, *document.next(*list, *two)), nullptr);
    EXPECT_EQ(document.find(*list, "a"), nullptr) << "an array has no members";
}

TEST(JsonDocument, UnescapesInPlace) {
    std::string text = R"(["\"\\\/\b\f\n\r\t","\u0041\u00e9\u20ac\ud83d\ude00","http:\/\/x"])";
    JsonDocument document;
    ASSERT_TRUE(document.parse(text.data(), text.size()));
    const JsonNode* one = document.first(document.root());
    EXPECT_EQ(one->text, "\"\\/\b\f\n\r\t");
    one = document.next(document.root(), *one);
    EXPECT_EQ(one->text, "Aé€😀");
    EXPECT_EQ(document.next(document.root(), *one)->text, "http://x");
}

TEST(JsonDocument, RefusesWhatIsNotStrict) {
    const std::string_view wrong[] = {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[",
                                      "{}x",
                                      "{} {}",
                                      "{,}",
                                      R"({"a"})",
                                      R"({"a":})",
                                      R"({"a":1,})",
                                      R"({"a":1 "b":2})",
                                      R"({a:1})",
                                      R"({'a':1})",
                                      R"({"a":1)",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "01",
                                      "+1",
                                      "-",
                                      ".5",
                                      "1.",
                                      "1e",
                                      "0x10",
                                      "NaN",
                                      "Infinity",
                                      "tru",
                                      "truee",
                                      "nul",
                                      "\"",
                                      "\"a",
                                      R"("\)",
                                      R"("\x41")",
                                      R"("\u12")",
                                      R"("\u12g4")",
                                      R"("\u0000")",
                                      R"("\ud800")",
                                      R"("\ud800\u0041")",
                                      R"("\udc00")",
                                      "\"\n\"",
                                      "\"\x01\"",
                                      "\"\x7f\xff\"",
                                      "\"\xc0\x80\"",
                                      "\"\xc3\"",
                                      "\"\xe0\x9f\x80\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xf0\x8f\x80\x80\"",
                                      "\"\xf4\x90\x80\x80\"",
                                      "\"\xf5\x80\x80\x80\"",
                                      "\xef\xbb\xbf{}",
                                      "/**/{}"};
    for (const std::string_view text : wrong)
        EXPECT_FALSE(parses(std::string(text))) << text;
    EXPECT_FALSE(parses(std::string("\"\0\"", 3)));
    EXPECT_FALSE(parses(std::string("{}\0", 3)));
}

TEST(JsonDocument, RefusesAMemberThatIsThereTwiceInAnySpelling) {
    EXPECT_FALSE(parses(R"({"iss":"a","iss":"b"})"));
    EXPECT_FALSE(parses(R"({"iss":"a","x":{"iss":1},"\u0069ss":"b"})"));
    EXPECT_FALSE(parses(R"({"o":{"a":1,"b":{"c":[]},"a":2}})"));
    EXPECT_TRUE(parses(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]})"));
}

TEST(JsonDocument, HasBounds) {
    const auto nested = [](unsigned depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(parses(nested(JsonDocument::kDepthMax + 1)));
    EXPECT_FALSE(parses(nested(JsonDocument::kDepthMax + 2)));
    EXPECT_FALSE(parses(nested(100'000)));
    const auto list = [](std::size_t count) {
        std::string text = "[0";
        for (std::size_t i = 1; i < count; ++i)
            text += ",0";
        return text + "]";
    };
    EXPECT_TRUE(parses(list(JsonDocument::kNodesMax - 1)));
    EXPECT_FALSE(parses(list(JsonDocument::kNodesMax)));
    const auto object = [](std::size_t count) {
        std::string text = "{\"0\":0";
        for (std::size_t i = 1; i < count; ++i)
            text += fmt::format(",\"{}\":0", i);
        return text + "}";
    };
    EXPECT_TRUE(parses(object(JsonDocument::kMembersMax)));
    EXPECT_FALSE(parses(object(JsonDocument::kMembersMax + 1)));
}

TEST(JsonDocument, TimesAreWholeSecondsOfASaneYear) {
    const auto seconds = [](std::string text) -> std::int64_t {
        JsonDocument document;
        std::int64_t out = -1;
        EXPECT_TRUE(document.parse(text.data(), text.size())) << text;
        return whole_seconds(document.root(), out) ? out : -1;
    };
    EXPECT_EQ(seconds("0"), 0);
    EXPECT_EQ(seconds("1300819380"), 1300819380);
    EXPECT_EQ(seconds("1300819380.999"), 1300819380);
    EXPECT_EQ(seconds("253402300799"), 253402300799);
    for (const char* text : {"-1", "1e3", "1.5e3", "253402300800", "99999999999999999999999",
                             "\"1300819380\"", "true", "[1]", "null"})
        EXPECT_EQ(seconds(text), -1) << text;
}

TEST(Base64url, OneSpellingForEachContent) {
    const auto decode = [](std::string_view text) -> std::string {
        std::string out(base64url_room(text.size()), '\0');
        const std::size_t size = decode_base64url(text, reinterpret_cast<unsigned char*>(out.data()));
        if (size == kNotBase64url)
            return "refused";
        EXPECT_EQ(size, out.size());
        return out;
    };
    EXPECT_EQ(decode(""), "");
    EXPECT_EQ(decode("Zg"), "f");
    EXPECT_EQ(decode("Zm8"), "fo");
    EXPECT_EQ(decode("Zm9v"), "foo");
    EXPECT_EQ(decode("Zm9vYmFy"), "foobar");
    EXPECT_EQ(decode("_-8"), "\xff\xef");
    for (const char* text :
         {"Z", "Zm9vY", "Zg==", "Zh", "Zm9", "Zm9v\n", "Zm 9v", "/+8", "Zm9v.", "\xc3\xa9"})
        EXPECT_EQ(decode(text), "refused") << text;
}

}  // namespace
}  // namespace tally::edge
