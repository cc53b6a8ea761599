#include "rating/document.hpp"

#include <gtest/gtest.h>

namespace tally::rating {
namespace {

TEST(TomlDocument, HasTheSameShapeAsJson) {
    const auto document = Document::parse_toml(R"(
code = "pro"
anchor = 2026-01-31
at = 2026-01-31T10:00:00Z
count = 2
flag = true
[[charges]]
code = "a"
tiers = [{up_to = "5", unit = "1"}, {unit = "2"}]
)");
    ASSERT_TRUE(document.ok()) << document.error().message;
    EXPECT_EQ(document->find("anchor")->str(), "2026-01-31");
    EXPECT_EQ(document->find("at")->str(), "2026-01-31T10:00:00Z");
    EXPECT_EQ(document->find("count")->json(), "2");
    EXPECT_TRUE(document->find("flag")->is_true());
    EXPECT_EQ(document->find("charges")->json(),
              R"([{"code":"a","tiers":[{"unit":"1","up_to":"5"},{"unit":"2"}]}])");
}

TEST(TomlDocument, SaysLineAndColumnOfWhatIsNoToml) {
    const auto document = Document::parse_toml("code = \"a\"\nname = \n");
    ASSERT_FALSE(document.ok());
    EXPECT_TRUE(document.error().pointer.starts_with("2:")) << document.error().pointer;
}

}  // namespace
}  // namespace tally::rating
