#include "edge/behavior.hpp"

#include <regex>

#include <gtest/gtest.h>

namespace tally::edge {
namespace {

TEST(Behavior, PatternsAndTheirRegularExpressionsAgree) {
    const char* patterns[] = {"/a/*", "/a/*.json", "*.png",  "/p?ge",  "/a",
                              "a/b",  "*",         "/x+y/*", "/*/end", "/a**b"};
    const char* paths[] = {"/a/",      "/a/b.json", "/a/b.jsonx", "/x.png", "/deep/x.png", "/page",
                           "/pge",     "/a",        "/a/b",       "/x+y/1", "/xxy/1",      "/1/end",
                           "/1/2/end", "/end",      "/aXb",       "/ab",    "/A/b.json"};
    for (const char* pattern : patterns) {
        ASSERT_TRUE(check_pattern(pattern).ok()) << pattern;
        const std::regex regex(pattern_regex(pattern).substr(4));  // without (?s), which std::regex lacks
        for (const char* path : paths)
            EXPECT_EQ(pattern_fits(pattern, path), std::regex_match(path, regex)) << pattern << " " << path;
    }
    for (const char* pattern : {"", "/a b", "/a\"", "/a;", "/a{2}", "/a$", "/(a)", "/[a]", "/a\\b", "/a^"})
        EXPECT_FALSE(check_pattern(pattern).ok()) << pattern;
}

TEST(Behavior, PathsAreComparedAsNginxDoes) {
    const struct {
        const char* target;
        const char* path;
    } cases[] = {{"/", "/"},          {"/a?b", "/a"},       {"/a//b/", "/a/b/"},  {"/a/./b", "/a/b"},
                 {"/a/../b", "/b"},   {"/%61", "/a"},       {"/a%2fb", "/a/b"},   {"/a/b/..", "/a/"},
                 {"/a/.", "/a/"},     {"/%2e%2e", nullptr}, {"/../a", nullptr},   {"a", nullptr},
                 {"/a%00b", nullptr}, {"", nullptr},        {"/a/..b", "/a/..b"}, {"/a#b", "/a"}};

    for (const auto& each : cases) {
        const auto path = normal_path(each.target);
        EXPECT_EQ(path.ok(), each.path != nullptr) << each.target;
        if (path.ok() && each.path != nullptr) {
            EXPECT_EQ(*path, each.path) << each.target;
        }
    }
}

TEST(Behavior, TheFirstThatFitsIsFound) {
    EdgeConfig config;
    for (const char* path : {"/a/*", "*", "/a/b"}) {
        config.behaviors.emplace_back();
        config.behaviors.back().path = path;
    }
    EXPECT_EQ(find_behavior(config, "/a/b"), &config.behaviors[0]);
    EXPECT_EQ(find_behavior(config, "/c"), nullptr);
    EXPECT_EQ(default_behavior(config), &config.behaviors[1]);
}

}  // namespace
}  // namespace tally::edge
