#include "model/dimensions.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

std::string json_of(std::string_view lines) {
    std::string out;
    append_dimensions_json(lines, out);
    return out;
}

TEST(Dimensions, AreOneObjectInTheirOrder) {
    EXPECT_EQ(json_of("x-tokens-used=17\nx-model=small\n"), R"({"x-tokens-used":"17","x-model":"small"})");
    EXPECT_EQ(json_of("x-empty=\n"), R"({"x-empty":""})");
    EXPECT_EQ(json_of("x-equals=a=b\n"), R"({"x-equals":"a=b"})");
    EXPECT_EQ(json_of("x-curly=}\nx-next={\n"), R"({"x-curly":"}","x-next":"{"})");
}

TEST(Dimensions, NoLinesAreNoText) {
    EXPECT_EQ(json_of(""), "");
    EXPECT_EQ(json_of("x-tok"), "") << "a name that was cut";
}

TEST(Dimensions, WhatWasCutIsNoNumberAnyMore) {
    EXPECT_EQ(json_of("x-model=small\nx-tokens-used=17"),
              "{\"x-model\":\"small\",\"x-tokens-used\":\"17…\"}");
}

TEST(Dimensions, AreAlwaysValidJsonAndUtf8) {
    EXPECT_EQ(json_of("x-text=say \"hi\" \\o/\n"), R"({"x-text":"say \"hi\" \\o/"})");
    EXPECT_EQ(json_of("x-text=a\x01\xFFz\n"), R"({"x-text":"a%01%FFz"})");
    EXPECT_EQ(json_of("x-text=käse\n"), "{\"x-text\":\"käse\"}");
}

TEST(Dimensions, Names) {
    for (const char* name : {"x-tokens-used", "a", "x_model", "x2"})
        EXPECT_TRUE(is_dimension_name(name)) << name;
    for (const char* name : {"", "X-Model", "2x", "-x", "a b", "a.b", "a'b", "a\"b", "$.a", "ä"})
        EXPECT_FALSE(is_dimension_name(name)) << name;
    EXPECT_TRUE(is_dimension_name(std::string(64, 'a')));
    EXPECT_FALSE(is_dimension_name(std::string(65, 'a')));
}

}  // namespace
}  // namespace tally
