#include "edge/command.hpp"

#include "support/temp_folder.hpp"

#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
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

TEST(Command, ADaemonGetsNoneOfOurDescriptors) {
    const test::TempFolder folder;
    const std::string output = folder.path() / "output";
    const int open_here = ::open("/dev/null", O_RDONLY);
    ASSERT_GE(open_here, 3);
    const auto pid = start_daemon({"/bin/ls", "/proc/self/fd"}, output);
    ASSERT_TRUE(pid.ok());
    int status = 0;
    ASSERT_EQ(::waitpid(*pid, &status, 0), *pid);
    ::close(open_here);
    std::ifstream file(output);
    const std::string listed(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(listed, "0\n1\n2\n3\n") << "3 is the folder that ls reads";
}

}  // namespace
}  // namespace tally::edge
