#include "accounts/names.hpp"

#include <string>

#include <gtest/gtest.h>

namespace tally::accounts {
namespace {

TEST(Names, TakeWhatPeopleWrite) {
    for (const char* name : {"Acme", "Ärzte & Söhne", "東京", "a b", "💡"})
        EXPECT_TRUE(check_name(name, "/name").ok()) << name;
}

TEST(Names, RefuseWhatCannotBeShown) {
    const std::string long_name(257, 'a');
    for (const std::string& name : {std::string(), std::string(" a"), std::string("a "), std::string("a\nb"),
                                    std::string("a\x1b[31m"), std::string("a\0b", 3), long_name}) {
        const Status status = check_name(name, "/name");
        ASSERT_FALSE(status.ok()) << name;
        EXPECT_EQ(status.error().pointer, "/name");
    }
}

TEST(Names, KnowUtf8) {
    EXPECT_TRUE(is_utf8("\xF4\x8F\xBF\xBF"));
    for (const char* text : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                             "\xFF", "a\xE2\x82"})
        EXPECT_FALSE(is_utf8(text)) << text;
}

}  // namespace
}  // namespace tally::accounts
