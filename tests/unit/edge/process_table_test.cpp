#include "edge/process_table.hpp"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::edge {
namespace {

TEST(ProcessTable, TellsLivingFromDead) {
    EXPECT_TRUE(is_alive(::getpid()));
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    EXPECT_TRUE(is_alive(child));
    ::kill(child, SIGKILL);
    siginfo_t info = {};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(is_alive(child)) << "waiting to be reaped";
    ::waitpid(child, nullptr, 0);
    EXPECT_FALSE(is_alive(child));
    EXPECT_EQ(command_line(child), "");
}

TEST(ProcessTable, KnowsCommandLines) {
    EXPECT_THAT(command_line(::getpid()), testing::HasSubstr("unit_edge"));
    EXPECT_THAT(command_line(::getpid()), testing::EndsWith(" "));
}

TEST(ProcessTable, FindsTheMembersOfAGroup) {
    EXPECT_THAT(group_members(::getpgrp()), testing::Contains(::getpid()));
    EXPECT_THAT(group_members(0x7FFFFFFF), testing::IsEmpty());
}

}  // namespace
}  // namespace tally::edge
