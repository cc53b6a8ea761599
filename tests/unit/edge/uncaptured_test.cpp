#include "edge/uncaptured.hpp"

#include "edge/counter_file.hpp"
#include "support/temp_folder.hpp"

#include <fstream>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::edge {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr std::int64_t kNow = 500'000 * kHourUs + 17;

class UncapturedTest : public testing::Test {
  protected:
    [[nodiscard]] Path path() const { return folder_.path() / "edge.counters"; }

    [[nodiscard]] std::vector<UncapturedHour> read() const {
        auto hours = read_uncaptured(path());
        EXPECT_TRUE(hours.ok());
        return hours.ok() ? *hours : std::vector<UncapturedHour>{};
    }

    test::TempFolder folder_;
};

TEST_F(UncapturedTest, NoFileMeansNothingWasLost) {
    EXPECT_TRUE(read().empty());
    EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(UncapturedTest, CountsByHourAndKind) {
    CounterFile counters;
    ASSERT_EQ(counters.open(path().c_str()), 0);
    counters.add(Uncaptured::kLost, kNow);
    counters.add(Uncaptured::kLost, kNow);
    counters.add(Uncaptured::kRefused, kNow + kHourUs);
    const std::vector<UncapturedHour> expected = {{instant_from_us(500'000 * kHourUs), 2, 0},
                                                  {instant_from_us(500'001 * kHourUs), 0, 1}};
    EXPECT_EQ(read(), expected);
}

TEST_F(UncapturedTest, AnHoursPlaceIsUsedAgainAfterItsTurn) {
    CounterFile counters;
    ASSERT_EQ(counters.open(path().c_str()), 0);
    const auto turn = static_cast<std::int64_t>(kCounterHours) * kHourUs;
    for (int i = 0; i < 3; ++i)
        counters.add(Uncaptured::kLost, kNow);
    counters.add(Uncaptured::kLost, kNow + turn);
    const std::vector<UncapturedHour> expected = {{instant_from_us(500'000 * kHourUs + turn), 1, 0}};
    EXPECT_EQ(read(), expected);
}

TEST_F(UncapturedTest, EveryCountOfEveryProcessArrives) {
    constexpr int kProcesses = 4;
    constexpr int kCounts = 50'000;
    for (int i = 0; i < kProcesses; ++i) {
        if (::fork() == 0) {
            CounterFile counters;
            if (counters.open(path().c_str()) != 0)
                ::_exit(1);
            for (int n = 0; n < kCounts; ++n)
                counters.add(Uncaptured::kLost, kNow);
            ::_exit(0);
        }
    }
    int status = 0;
    while (::wait(&status) > 0)
        EXPECT_EQ(status, 0);
    ASSERT_EQ(read().size(), 1U);
    EXPECT_EQ(read()[0].lost, static_cast<std::uint64_t>(kProcesses * kCounts));
}

TEST_F(UncapturedTest, RefusesAnotherKindOfFile) {
    std::ofstream(path()) << "something else";
    EXPECT_EQ(read_uncaptured(path()).error().code, ErrorCode::kCorruption);
    std::ofstream(path()) << std::string(sizeof(CounterFileContent), 'x');
    EXPECT_EQ(read_uncaptured(path()).error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace tally::edge
