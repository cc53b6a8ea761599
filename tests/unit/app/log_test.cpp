#include "app/log.hpp"

#include <regex>
#include <string>

#include <gtest/gtest.h>

namespace tally::app {
namespace {

TEST(Log, OneLineWhateverTheTextHolds) {
    testing::internal::CaptureStderr();
    log_line(LogLevel::kWarning, std::string("a\nb\x1b[2J\0c\x7f", 10));
    const std::string written = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(std::regex_match(
        written,
        std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z warning a\\x0ab\\x1b\[2J\\x00c\\x7f\n)")))
        << written;
}

}  // namespace
}  // namespace tally::app
