#include "app/periodic_task.hpp"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

namespace tally::app {
namespace {

TEST(PeriodicTask, WorksAgainAndAgainUntilStopped) {
    std::promise<void> third;
    std::atomic<int> runs{0};
    PeriodicTask task(std::chrono::milliseconds(1), [&] {
        if (++runs == 3)
            third.set_value();
    });
    third.get_future().wait();
    task.stop();
    const int after = runs;
    task.stop();
    EXPECT_EQ(runs, after);
    EXPECT_GE(after, 3);
}

TEST(PeriodicTask, StopDoesNotWaitForTheInterval) {
    std::atomic<int> runs{0};
    {
        PeriodicTask task(std::chrono::hours(1), [&] { ++runs; });
    }
    EXPECT_EQ(runs, 0);
}

}  // namespace
}  // namespace tally::app
