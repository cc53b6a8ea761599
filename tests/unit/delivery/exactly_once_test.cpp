// Exactly once whatever fails and whoever else delivers: each operation of a delivery fails, dies or loses
// its answer in turn, and afterwards every record must be in the table once and the ledger must add up.
#include "delivery/delivery.hpp"
#include "delivery_world.hpp"
#include "support/faulty_file_system.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>

namespace tally::delivery {
namespace {

using test::at;
using test::CaptureWriter;
using test::DeliveryWorld;
using test::FaultPlan;
using test::FaultyFileSystem;
using test::FaultyPointerStore;

constexpr Instant kNoon =
    Instant{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}} + std::chrono::hours(12);

// Two days, a living writer and one that ended, one bad record, two commits: what a delivery can do, once.
void fill(DeliveryWorld& world, CaptureWriter& one, CaptureWriter& two) {
    world.write(one, 30);
    ASSERT_TRUE(one.write({.time = at("1970-01-01T00:00:07Z")}));
    world.write(two, 20, at("2026-10-01T23:59:59.990Z"));
    two.close();  // its segment may go once it is delivered, and not before
}

constexpr std::size_t kBatch = 40;

struct Sweep {
    FaultPlan::Kind kind;
    bool restarts;  // a new process goes on; else the same one tries again
};

// True while operation `n` is one that a delivery of `fill` comes to.
bool deliver_with_fault(const Sweep& sweep, std::uint64_t n) {
    DeliveryWorld world;
    world.start();  // makes the table
    CaptureWriter one(world.log_folder(), 7, kNoon, 64 * 1024);
    CaptureWriter two(world.log_folder(), 8, kNoon, 64 * 1024);
    fill(world, one, two);
    FaultPlan plan(sweep.kind, n);
    FaultyFileSystem files(plan);
    FaultyPointerStore pointers(plan, world.pointers);
    auto deliverer = world.start(files, pointers, kBatch);
    if (!deliverer.ok())
        ADD_FAILURE() << deliverer.error().message;
    const auto first = deliverer->delivery->flush();
    const bool fired = plan.fired();
    if (sweep.kind == FaultPlan::Kind::kKill && fired) {
        EXPECT_FALSE(first.ok()) << "operation " << n;
    }
    plan.heal();
    auto next = sweep.restarts ? world.start(kBatch) : std::move(*deliverer);
    const auto second = next.delivery->flush();
    EXPECT_TRUE(second.ok()) << "operation " << n << ": " << second.error().message;
    world.expect_exactly_once(/*elsewhere=*/1);
    EXPECT_EQ(world.errors().size(), 1U) << "operation " << n;
    EXPECT_EQ(world.ledger_sum().quarantined, 1) << "operation " << n;
    return fired;
}

class FaultSweep : public testing::TestWithParam<Sweep> {};

TEST_P(FaultSweep, EveryRecordOnceWhicheverOperationFails) {
    std::uint64_t n = 1;
    while (deliver_with_fault(GetParam(), n)) {
        ASSERT_FALSE(HasFailure()) << "operation " << n;
        ++n;
    }
    EXPECT_GT(n, 30U);  // the sweep did reach into the delivery
    RecordProperty("operations", static_cast<int>(n - 1));
}

INSTANTIATE_TEST_SUITE_P(Kinds, FaultSweep,
                         testing::Values(Sweep{FaultPlan::Kind::kFailOnce, false},
                                         Sweep{FaultPlan::Kind::kFailOnce, true},
                                         Sweep{FaultPlan::Kind::kKill, true},
                                         Sweep{FaultPlan::Kind::kDiskFull, false}),
                         [](const auto& sweep) {
                             switch (sweep.param.kind) {
                                 case FaultPlan::Kind::kKill: return "Kill";
                                 case FaultPlan::Kind::kDiskFull: return "DiskFull";
                                 case FaultPlan::Kind::kFailOnce: break;
                             }
                             return sweep.param.restarts ? "FailThenRestart" : "FailThenRetry";
                         });

TEST(DiskFull, LeavesNoDataFilesBehindHoweverOftenItIsTried) {
    DeliveryWorld world;
    world.start();
    CaptureWriter writer(world.log_folder(), 7, kNoon);
    world.write(writer, 10);
    world.write(writer, 10, at("2026-10-02T00:00:00Z"));
    std::uint64_t n = 1;
    for (bool reached = true; reached; ++n) {
        FaultPlan plan(FaultPlan::Kind::kDiskFull, n);
        FaultyFileSystem files(plan);
        FaultyPointerStore pointers(plan, world.pointers);
        auto deliverer = world.start(files, pointers).value();
        const auto flushed = deliverer.delivery->flush();
        reached = !flushed.ok();
        if (reached) {
            EXPECT_EQ(flushed.error().code, ErrorCode::kResourceExhausted) << flushed.error().message;
            EXPECT_EQ(world.data_files_on_disk(), 0U) << "operation " << n;
        }
    }
    EXPECT_GT(n, 10U);
    world.expect_exactly_once();
    EXPECT_EQ(world.data_files_on_disk(), world.data_files_in_table());
}

// Answers to the first `lost` swaps never come; whether those swaps happen is the test's choice.
class LostAnswers final : public lake::TablePointerStore {
  public:
    LostAnswers(lake::TablePointerStore& pointers, bool happens, int lost)
        : pointers_(pointers), happens_(happens), lost_(lost) {}

    Result<std::optional<std::string>> current(std::string_view table) override {
        if (blind_)
            return Error{ErrorCode::kUnavailable, "the catalog does not answer"};
        return pointers_.current(table);
    }

    Status swap(std::string_view table, const std::optional<std::string>& expected,
                std::string_view next) override {
        if (lost_-- <= 0)
            return pointers_.swap(table, expected, next);
        if (happens_)
            TRY(pointers_.swap(table, expected, next));
        blind_ = goes_blind;
        return Error{ErrorCode::kUnknownOutcome, "the connection was cut"};
    }

    Result<std::vector<std::string>> tables() override { return pointers_.tables(); }

    void see_again() { blind_ = false; }

    bool goes_blind = false;  // after a lost answer nothing can be read either

  private:
    lake::TablePointerStore& pointers_;
    bool happens_;
    int lost_;
    bool blind_ = false;
};

class UnknownOutcome : public testing::TestWithParam<std::tuple<bool, bool, int>> {};

TEST_P(UnknownOutcome, IsLookedUpBeforeAnythingIsDeliveredAgain) {
    const auto [happens, goes_blind, lost] = GetParam();
    DeliveryWorld world;
    world.start();
    CaptureWriter writer(world.log_folder(), 7, kNoon);
    world.write(writer, 25);
    LostAnswers pointers(world.pointers, happens, lost);
    pointers.goes_blind = goes_blind;
    auto deliverer = world.start(world.disk, pointers).value();
    const auto first = deliverer.delivery->flush();
    if (goes_blind) {
        ASSERT_FALSE(first.ok());
        EXPECT_EQ(first.error().code, ErrorCode::kUnknownOutcome) << first.error().message;
    }
    std::uint64_t later = 0;
    for (int i = 0; i < lost; ++i) {
        pointers.see_again();
        const auto again = deliverer.delivery->flush();
        later += again.ok() ? again->delivered : 0;
    }
    EXPECT_EQ(later, first.ok() || happens ? 0U : 25U);
    world.expect_exactly_once();
}

INSTANTIATE_TEST_SUITE_P(All, UnknownOutcome,
                         testing::Combine(testing::Bool(), testing::Bool(), testing::Values(1, 2)),
                         [](const auto& test) {
                             return std::string(std::get<0>(test.param) ? "Happens" : "DoesNotHappen") +
                                    (std::get<1>(test.param) ? "Blind" : "") +
                                    std::to_string(std::get<2>(test.param));
                         });

// One swap whose answer is lost, and after which the catalog cannot be read just once: the table gives up and
// says that it does not know. What delivery does then is its own.
class AnswersLate final : public lake::TablePointerStore {
  public:
    explicit AnswersLate(lake::TablePointerStore& pointers) : pointers_(pointers) {}

    Result<std::optional<std::string>> current(std::string_view table) override {
        if (std::exchange(blind_once_, false))
            return Error{ErrorCode::kUnavailable, "the catalog does not answer"};
        return pointers_.current(table);
    }

    Status swap(std::string_view table, const std::optional<std::string>& expected,
                std::string_view next) override {
        if (std::exchange(lost_, true))
            return pointers_.swap(table, expected, next);
        late_ = [this, name = std::string(table), expected, to = std::string(next)] {
            return pointers_.swap(name, expected, to);
        };
        if (at_once) {
            EXPECT_TRUE(late_().ok());
        }
        blind_once_ = true;
        return Error{ErrorCode::kUnknownOutcome, "the connection was cut"};
    }

    Result<std::vector<std::string>> tables() override { return pointers_.tables(); }

    bool at_once = true;  // else the swap happens when the test says so

    Status happen() { return late_(); }

  private:
    lake::TablePointerStore& pointers_;
    std::function<Status()> late_;
    bool lost_ = false;
    bool blind_once_ = false;
};

TEST(LateAnswer, ACommitThatTheTableHoldsWasDone) {
    DeliveryWorld world;
    world.start();
    CaptureWriter writer(world.log_folder(), 7, kNoon);
    world.write(writer, 25);
    AnswersLate pointers(world.pointers);
    auto deliverer = world.start(world.disk, pointers).value();
    const auto flushed = deliverer.delivery->flush();
    ASSERT_TRUE(flushed.ok()) << flushed.error().message;
    EXPECT_EQ(flushed->delivered, 25U);
    world.expect_exactly_once();
}

// The table does not hold the batch yet, and then it does: its data files must still be there.
TEST(LateAnswer, ACommitThatMayStillHappenKeepsItsFiles) {
    DeliveryWorld world;
    world.start();
    CaptureWriter writer(world.log_folder(), 7, kNoon);
    world.write(writer, 25);
    AnswersLate pointers(world.pointers);
    pointers.at_once = false;
    auto deliverer = world.start(world.disk, pointers).value();
    const auto unknown = deliverer.delivery->flush();
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().code, ErrorCode::kUnknownOutcome);
    ASSERT_TRUE(pointers.happen().ok());
    world.write(writer, 3);
    EXPECT_EQ(deliverer.delivery->flush().value().delivered, 3U);
    world.expect_exactly_once();
}

// Lets something happen just before the pointer is moved.
class Interrupted final : public lake::TablePointerStore {
  public:
    explicit Interrupted(lake::TablePointerStore& pointers) : pointers_(pointers) {}

    Result<std::optional<std::string>> current(std::string_view table) override {
        return pointers_.current(table);
    }

    Status swap(std::string_view table, const std::optional<std::string>& expected,
                std::string_view next) override {
        if (auto once = std::exchange(before_swap, nullptr); once != nullptr)
            once();
        return pointers_.swap(table, expected, next);
    }

    Result<std::vector<std::string>> tables() override { return pointers_.tables(); }

    std::function<void()> before_swap;

  private:
    lake::TablePointerStore& pointers_;
};

TEST(TwoDeliverers, TheSlowerOneScansAgainAndAddsOnlyWhatIsNew) {
    DeliveryWorld world;
    world.start();
    CaptureWriter writer(world.log_folder(), 7, kNoon);
    world.write(writer, 10);
    Interrupted pointers(world.pointers);
    auto slow = world.start(world.disk, pointers).value();
    auto fast = world.start();
    pointers.before_swap = [&] {
        world.write(writer, 3);
        EXPECT_EQ(fast.delivery->flush().value().delivered, 13U);
        world.write(writer, 2);
    };
    EXPECT_EQ(slow.delivery->flush().value().delivered, 2U);
    world.expect_exactly_once();
    EXPECT_EQ(world.data_files_on_disk(), world.data_files_in_table());
}

// The other one delivers a whole writer's life, the segments go, and the writer is forgotten, all before the
// slow one commits what it holds of that writer in memory.
TEST(TwoDeliverers, ALateOneIsNotFooledByAForgottenWriter) {
    DeliveryWorld world;
    world.start();
    CaptureWriter living(world.log_folder(), 7, kNoon);
    world.write(living, 1);
    auto fast = world.start();
    ASSERT_TRUE(fast.delivery->flush().ok());
    auto brief = std::make_unique<CaptureWriter>(world.log_folder(), 8, kNoon);
    world.write(*brief, 10);
    brief->close();
    Interrupted pointers(world.pointers);
    auto slow = world.start(world.disk, pointers).value();
    pointers.before_swap = [&] {
        ASSERT_TRUE(fast.delivery->flush().ok());
        world.write(living, 1);
        ASSERT_TRUE(fast.delivery->flush().ok());
        ASSERT_FALSE(world.state().positions.writers.contains(8));
    };
    EXPECT_EQ(slow.delivery->flush().value().delivered, 0U);
    world.expect_exactly_once();
}

TEST(TwoDeliverers, RaceForThousandsOfRecords) {
    DeliveryWorld world;
    world.start();
    CaptureWriter writer(world.log_folder(), 7, kNoon, 64 * 1024);
    auto one = world.start(100);
    auto two = world.start(130);
    std::atomic<bool> done{false};
    const auto deliver = [&done](DeliveryWorld::Deliverer& deliverer) {
        while (!done) {
            const auto flushed = deliverer.delivery->flush();
            // Segments go away underneath a scan when the other one has delivered them.
            ASSERT_TRUE(flushed.ok() || flushed.error().code == ErrorCode::kConflict)
                << flushed.error().message;
        }
    };
    std::thread first(deliver, std::ref(one));
    std::thread second(deliver, std::ref(two));
    for (int round = 0; round < 40; ++round) {
        world.write(writer, 100);
        std::this_thread::yield();
    }
    done = true;
    first.join();
    second.join();
    auto last = world.start();
    ASSERT_TRUE(last.delivery->flush().ok());
    world.expect_exactly_once();
}

}  // namespace
}  // namespace tally::delivery
