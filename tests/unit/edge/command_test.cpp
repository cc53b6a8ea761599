#include "edge/command.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tally::edge {
namespace {

TEST(Command, CollectsOutputAndExitCode) {
    const auto result = run_command({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->exit_code, 3);
    EXPECT_EQ(result->output, "out\nerr\n");
}

TEST(Command, TellsAboutSignals) {
    EXPECT_EQ(run_command({"/bin/sh", "-c", "kill -9 $$"})->exit_code, 128 + 9);
}

TEST(Command, NamesAProgramThatIsNotThere) {
    const auto result = run_command({"/none/such"});
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(result.error().message, testing::HasSubstr("/none/such"));
}

TEST(Command, TheProgramGetsNoneOfOurDescriptors) {
    const int open_here = ::open("/dev/null", O_RDONLY);
    ASSERT_GE(open_here, 3);
    const auto listed = run_command({"/bin/ls", "/proc/self/fd"});
    ::close(open_here);
    ASSERT_TRUE(listed.ok());
    EXPECT_EQ(listed->output, "0\n1\n2\n3\n") << "3 is the folder that ls reads";
}

}  // namespace
}  // namespace tally::edge
