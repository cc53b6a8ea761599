#include "query/internal/watchdog.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <limits>
#include <thread>

#include <gtest/gtest.h>

namespace tally::query {
namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

TEST(Watchdog, AQueryThatEndsInTimeIsLeftAlone) {
    std::atomic<int> interrupts{0};
    {
        const Watchdog watchdog(std::chrono::hours(1), kNoLimit, [&] { ++interrupts; });
        EXPECT_EQ(watchdog.verdict(), Watchdog::Verdict::kFine);
    }
    EXPECT_EQ(interrupts, 0);
}

TEST(Watchdog, InterruptsAgainUntilTheQueryEnds) {
    std::promise<void> third;
    std::atomic<int> interrupts{0};
    const Watchdog watchdog(std::chrono::milliseconds(1), kNoLimit, [&] {
        if (++interrupts == 3)
            third.set_value();
    });
    EXPECT_EQ(third.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_EQ(watchdog.verdict(), Watchdog::Verdict::kTooLong);
}

TEST(Watchdog, InterruptsWhenTheProcessGrowsTooLarge) {
    std::promise<void> first;
    std::atomic<int> interrupts{0};
    const Watchdog watchdog(std::chrono::hours(1), 1, [&] {
        if (++interrupts == 1)
            first.set_value();
    });
    EXPECT_EQ(first.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_EQ(watchdog.verdict(), Watchdog::Verdict::kTooLarge);
}

TEST(Watchdog, KnowsTheSizeOfThisProcess) {
    EXPECT_GT(resident_bytes(), 1024U * 1024U);
}

}  // namespace
}  // namespace tally::query
