// A writer process killed with SIGKILL at a random moment: all that commit() returned for is read, exactly
// once.
#include "unit/capture/log_world.hpp"

#include <random>
#include <set>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::capture::test {
namespace {

// The child: appends for ever, leaving every third record pending for a while, and reports each commit.
[[noreturn]] void write_until_killed(const WriterOptions& options, std::uint64_t id, int report) {
    SegmentWriter writer;
    if (writer.open(options, id, LogWorld::kNow) != 0)
        _exit(1);
    PendingRecord open;
    std::uint64_t open_number = 0;
    for (std::uint64_t n = 0;; ++n) {
        PendingRecord pending = append_sample(writer, n, n % 3 == 0);
        if (::write(report, &n, sizeof n) != sizeof n)
            _exit(1);
        if (n % 3 == 0) {
            if (open.segment != nullptr)
                complete_sample(writer, open, open_number);
            open = pending;
            open_number = n;
        }
        if (n % 16 == 0)
            writer.prepare_ahead(LogWorld::kNow);
    }
}

TEST(KilledWriter, LosesNothingThatWasCommitted) {
    std::mt19937 random(20261001);
    LogWorld world(32 * 1024);
    Positions positions;
    for (std::uint64_t round = 0; round < 40; ++round) {
        int report[2];
        ASSERT_EQ(::pipe(report), 0);
        const pid_t child = ::fork();
        if (child == 0)
            write_until_killed(world.options, 1000 + round, report[1]);
        ::close(report[1]);
        const auto reports_wanted = 1 + random() % 300;
        std::uint64_t committed = 0;
        std::multiset<std::uint64_t> taken;
        for (std::uint64_t n = 0;
             committed < reports_wanted && ::read(report[0], &n, sizeof n) == sizeof n;) {
            committed = n + 1;
            if (n % 64 == 0)
                for (const auto sequence : world.take_all(positions))
                    taken.insert(sequence);
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        for (std::uint64_t n = 0; ::read(report[0], &n, sizeof n) == sizeof n;)
            committed = n + 1;
        ::close(report[0]);
        for (const auto sequence : world.take_all(positions))
            taken.insert(sequence);
        const std::set<std::uint64_t> distinct(taken.begin(), taken.end());
        ASSERT_EQ(distinct.size(), taken.size()) << "a record twice in round " << round;
        ASSERT_GE(distinct.size(), committed) << "round " << round;
        ASSERT_LE(distinct.size(), committed + 1) << "one may be committed and not yet reported";
        ASSERT_EQ(*distinct.rbegin(), distinct.size() - 1) << "a hole in round " << round;
        ASSERT_TRUE(world.log.remove_taken(positions).ok());
        ASSERT_TRUE(world.segment_files().empty()) << "round " << round;
        const auto kept = world.log.without_gone_writers(positions);
        ASSERT_TRUE(kept.ok());
        positions = *kept;
    }
}

}  // namespace
}  // namespace tally::capture::test
