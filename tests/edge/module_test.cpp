// The module's file: what it needs from the machine and shows to it.
#include "edge/command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::edge {
namespace {

std::string said_by(const std::vector<std::string>& command) {
    const auto result = run_command(command);
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result->exit_code, 0);
    return result->output;
}

TEST(Module, NeedsOnlyTheCLibrary) {
    const std::string needed = said_by({"/bin/sh", "-c", "readelf -d '" EDGE_MODULE "' | grep NEEDED"});
    EXPECT_THAT(needed, testing::HasSubstr("[libc.so.6]"));
    EXPECT_EQ(std::count(needed.begin(), needed.end(), '\n'), 1) << needed;
}

TEST(Module, ShowsOnlyWhatNginxLooksFor) {
    const std::string shown =
        said_by({"/bin/sh", "-c", "nm -D --defined-only '" EDGE_MODULE "' | awk '{print $3}' | sort"});
    EXPECT_EQ(shown, "ngx_http_tallyman_module\nngx_module_names\nngx_modules\n");
}

TEST(Module, IsHardened) {
    const std::string headers = said_by({"/bin/sh", "-c", "readelf -ldW '" EDGE_MODULE "'"});
    EXPECT_THAT(headers, testing::HasSubstr("GNU_RELRO"));
    EXPECT_THAT(headers, testing::HasSubstr("NOW"));
    EXPECT_THAT(headers, testing::Not(testing::ContainsRegex("GNU_STACK.*RWE")));
}

}  // namespace
}  // namespace tally::edge
