#include "edge/process_table.hpp"

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::edge {
namespace {

std::string read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

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

// A killed worker whose helper thread still waits for the disk keeps its port.
TEST(ProcessTable, LivesAsLongAsItsLastThread) {
    const pid_t child = ::fork();
    if (child == 0) {
        pthread_t thread = {};
        ::pthread_create(
            &thread, nullptr, [](void*) -> void* { return ::pause(), nullptr; }, nullptr);
        ::syscall(SYS_exit, 0);  // of this thread alone, and without unwinding the test
    }
    const std::string stat = fmt::format("/proc/{}/stat", child);
    while (read_all(stat).find(") Z ") == std::string::npos)  // poll: the first thread's end
        ::sched_yield();
    EXPECT_TRUE(is_alive(child));
    ::kill(child, SIGKILL);
    siginfo_t info = {};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(is_alive(child));
    ::waitpid(child, nullptr, 0);
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
