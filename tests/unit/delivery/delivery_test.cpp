#include "delivery/delivery.hpp"

#include "delivery_world.hpp"

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tally::delivery {
namespace {

using test::at;
using test::CapturedRequest;
using test::CaptureWriter;
using test::DeliveryWorld;

constexpr Instant kNoon =
    Instant{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}} + std::chrono::hours(12);

class DeliveryTest : public testing::Test {
  protected:
    FlushResult flush(DeliveryWorld::Deliverer& deliverer) {
        const auto result = deliverer.delivery->flush();
        EXPECT_TRUE(result.ok()) << result.error().message;
        return result.value_or(FlushResult{});
    }

    void break_bytes(const Path& path, std::uint64_t offset, std::size_t count) {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(offset));
        for (std::size_t i = 0; i < count; ++i)
            file.put('\x5A');
    }

    DeliveryWorld world_;
};

TEST_F(DeliveryTest, AnEmptyLogMakesNoCommit) {
    auto deliverer = world_.start();
    EXPECT_EQ(flush(deliverer).commits, 0U);
    EXPECT_FALSE(deliverer.table->state().value().current.has_value());
}

TEST_F(DeliveryTest, EachFlushDeliversWhatCameSince) {
    auto deliverer = world_.start();
    CaptureWriter writer(world_.log_folder(), 7, kNoon);
    for (const int count : {1, 250, 0, 3}) {
        world_.write(writer, count);
        const FlushResult result = flush(deliverer);
        EXPECT_EQ(result.delivered, static_cast<std::uint64_t>(count));
        EXPECT_EQ(result.commits, count == 0 ? 0U : 1U);
        EXPECT_EQ(result.lost + result.quarantined + result.pending, 0U);
        world_.expect_exactly_once();
    }
}

TEST_F(DeliveryTest, ALongLogIsDeliveredInManyBatches) {
    auto deliverer = world_.start(/*batch_records_max=*/100);
    CaptureWriter one(world_.log_folder(), 7, kNoon, 64 * 1024);
    CaptureWriter two(world_.log_folder(), 8, kNoon, 64 * 1024);
    world_.write(one, 730);
    world_.write(two, 420);
    const FlushResult result = flush(deliverer);
    EXPECT_EQ(result.delivered, 1150U);
    EXPECT_GE(result.commits, 12U);
    world_.expect_exactly_once();
}

TEST_F(DeliveryTest, ANewProcessGoesOnWhereTheTableSays) {
    CaptureWriter writer(world_.log_folder(), 7, kNoon);
    for (int i = 0; i < 3; ++i) {
        world_.write(writer, 10);
        auto deliverer = world_.start();
        EXPECT_EQ(flush(deliverer).delivered, 10U);
    }
    world_.expect_exactly_once();
}

TEST_F(DeliveryTest, ARequestStillRunningComesWhenItHasEnded) {
    auto deliverer = world_.start();
    CaptureWriter writer(world_.log_folder(), 7, kNoon);
    world_.write(writer, 2);
    CapturedRequest slow;
    slow.time = kNoon;
    capture::PendingRecord pending;
    ASSERT_TRUE(writer.begin(slow, pending));
    world_.write(writer, 2);
    const FlushResult before = flush(deliverer);
    EXPECT_EQ(before.delivered, 4U);
    EXPECT_EQ(before.pending, 1U);
    world_.expect_exactly_once();
    EXPECT_EQ(flush(deliverer).commits, 0U);

    writer.complete(slow, pending);
    world_.captured(7, 2);
    const FlushResult after = flush(deliverer);
    EXPECT_EQ(after.delivered, 1U);
    EXPECT_EQ(after.pending, 0U);
    world_.expect_exactly_once();
}

TEST_F(DeliveryTest, ARequestThatItsWriterNeverEndedIsDeliveredOnce) {
    auto deliverer = world_.start();
    CaptureWriter writer(world_.log_folder(), 7, kNoon);
    CapturedRequest slow;
    slow.time = kNoon;
    capture::PendingRecord pending;
    ASSERT_TRUE(writer.begin(slow, pending));
    EXPECT_EQ(flush(deliverer).delivered, 0U);
    writer.close();
    world_.captured(7, 0);
    EXPECT_EQ(flush(deliverer).delivered, 1U);
    EXPECT_EQ(flush(deliverer).delivered, 0U);
    world_.expect_exactly_once();
}

TEST_F(DeliveryTest, RowsGoToTheDayOfTheirTime) {
    auto deliverer = world_.start();
    CaptureWriter writer(world_.log_folder(), 7, kNoon);
    world_.write(writer, 5, at("2026-10-01T23:59:59.998Z"));
    world_.write(writer, 2, at("2026-09-30T10:00:00Z"));
    flush(deliverer);
    const auto state = deliverer.table->state().value();
    std::map<std::string, std::int64_t> rows;
    const auto files = deliverer.table->files(state, *state.current).value();
    for (const lake::DataFile& file : files)
        rows[format_date(civil_from_days(file.partition_day))] += file.record_count;
    EXPECT_EQ(rows,
              (std::map<std::string, std::int64_t>{{"2026-09-30", 2}, {"2026-10-01", 2}, {"2026-10-02", 3}}));
    const auto ledger = world_.ledger_entries();
    ASSERT_EQ(ledger.size(), 3U);
    EXPECT_EQ(ledger[0].hour, at("2026-09-30T10:00:00Z"));
    EXPECT_EQ(ledger[1].hour, at("2026-10-01T23:00:00Z"));
    EXPECT_EQ(ledger[2].hour, at("2026-10-02T00:00:00Z"));
    EXPECT_EQ(ledger[2].delivered, 3);
}

TEST_F(DeliveryTest, DeliveredSegmentsAndGoneWritersAreForgotten) {
    auto deliverer = world_.start();
    CaptureWriter living(world_.log_folder(), 7, kNoon, 64 * 1024);
    for (std::uint64_t writer = 100; writer < 130; ++writer) {
        CaptureWriter brief(world_.log_folder(), writer, kNoon, 64 * 1024);
        world_.write(brief, 3);
        brief.close();
        world_.write(living, 100);
        flush(deliverer);
    }
    world_.write(living, 1);
    flush(deliverer);
    EXPECT_LE(world_.segments().size(), 2U);
    EXPECT_LE(world_.state().positions.writers.size(), 2U);
    world_.expect_exactly_once();
}

TEST_F(DeliveryTest, ATimeThatNoClockShowsIsQuarantinedAndTheOthersAreDelivered) {
    auto deliverer = world_.start();
    CaptureWriter writer(world_.log_folder(), 7, kNoon);
    world_.write(writer, 3);
    CapturedRequest wrong;
    wrong.time = at("1970-01-01T00:00:07Z");
    ASSERT_TRUE(writer.write(wrong));
    world_.write(writer, 3, at("2038-01-19T03:14:07Z"));
    const FlushResult result = flush(deliverer);
    EXPECT_EQ(result.delivered, 6U);
    EXPECT_EQ(result.quarantined, 1U);
    world_.expect_exactly_once(/*elsewhere=*/1);
    const auto errors = world_.errors();
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].position, "record 00000000000000070000000000000003");
    EXPECT_NE(errors[0].raw.find(R"("cs_uri_stem":"/items/1")"), std::string::npos);
    EXPECT_NE(errors[0].reason.find("7000000 microseconds since 1970"), std::string::npos);
}

TEST_F(DeliveryTest, ManyRefusedRecordsAreTakenInSmallSteps) {
    auto deliverer = world_.start(/*batch_records_max=*/4000);
    CaptureWriter writer(world_.log_folder(), 7, kNoon, 8ULL * 1024 * 1024);
    CapturedRequest wrong;
    wrong.time = at("1970-01-01T00:00:07Z");
    for (int i = 0; i < 2500; ++i)
        ASSERT_TRUE(writer.write(wrong));
    world_.write(writer, 10);
    const FlushResult result = flush(deliverer);
    EXPECT_EQ(result.quarantined, 2500U);
    EXPECT_EQ(result.delivered, 10U);
    EXPECT_EQ(world_.errors().size(), 2500U);
    world_.expect_exactly_once(/*elsewhere=*/2500);
}

TEST_F(DeliveryTest, DamagedBytesAreQuarantinedOnceAndTheRestIsDelivered) {
    auto deliverer = world_.start();
    {
        CaptureWriter writer(world_.log_folder(), 7, kNoon);
        world_.write(writer, 1);
        ASSERT_TRUE(writer.write({.time = kNoon}));  // the one that will be damaged
        world_.write(writer, 3);
        writer.close();
    }
    const std::string name = world_.segments().at(0);
    const std::string content = world_.disk.read(world_.log_folder() / name).value();
    std::uint32_t first_size = 0;
    std::memcpy(&first_size, content.data() + sizeof(capture::SegmentHeader), sizeof first_size);
    const std::uint64_t second = sizeof(capture::SegmentHeader) + first_size;
    break_bytes(world_.log_folder() / name, second + capture::kStringsOffset, 4);

    const FlushResult result = flush(deliverer);
    EXPECT_EQ(result.delivered, 4U);
    EXPECT_EQ(result.quarantined, 1U);
    EXPECT_EQ(result.lost, 0U);
    flush(deliverer);
    world_.expect_exactly_once(/*elsewhere=*/1);
    const auto errors = world_.errors();
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].position, name + "@" + std::to_string(second));
    EXPECT_EQ(errors[0].records, 1U);
    EXPECT_NE(errors[0].raw.find("ZZZZ"), std::string::npos);
    EXPECT_EQ(find_error(world_.disk, world_.errors_folder(), errors[0].id).value(), errors[0]);
    EXPECT_TRUE(world_.segments().empty());
}

TEST_F(DeliveryTest, AMissingSegmentIsCountedAsLost) {
    auto deliverer = world_.start();
    CaptureWriter writer(world_.log_folder(), 7, kNoon, 64 * 1024);
    for (int i = 0; i < 400; ++i)
        ASSERT_TRUE(writer.write({.time = kNoon}));
    const auto names = world_.segments();
    ASSERT_GE(names.size(), 3U);
    ASSERT_TRUE(world_.disk.remove(world_.log_folder() / names[1]).ok());
    const FlushResult result = flush(deliverer);
    EXPECT_GT(result.lost, 0U);
    EXPECT_EQ(result.delivered + result.lost, 400U);
    const LedgerEntry sum = world_.ledger_sum();
    EXPECT_EQ(sum.received, 400);
    EXPECT_EQ(sum.lost, static_cast<std::int64_t>(result.lost));
    EXPECT_TRUE(sum.balanced());
    EXPECT_EQ(flush(deliverer).lost, 0U);
}

// Wall clocks jump; sequences and the times in the records do not care.
TEST_F(DeliveryTest, ClockJumpsChangeNothing) {
    auto deliverer = world_.start();
    CaptureWriter writer(world_.log_folder(), 7, kNoon);
    for (const char* now : {"2026-10-01T11:30:00Z", "2026-10-02T12:30:00Z", "1970-01-01T00:00:00Z",
                            "2038-01-19T03:14:08Z", "2026-10-01T12:30:00Z"}) {
        world_.clock.jump_to(at(now));
        world_.write(writer, 5);
        EXPECT_EQ(flush(deliverer).delivered, 5U) << now;
    }
    world_.expect_exactly_once();
    const auto ledger = world_.ledger_entries();
    ASSERT_EQ(ledger.size(), 1U);
    EXPECT_EQ(ledger[0].hour, kNoon);
}

TEST_F(DeliveryTest, TheLedgerOutlivesHundredsOfCommits) {
    auto deliverer = world_.start();
    CaptureWriter writer(world_.log_folder(), 7, kNoon);
    for (int i = 0; i < 150; ++i) {
        world_.write(writer, 2, kNoon + std::chrono::hours(i % 5));
        flush(deliverer);
    }
    world_.expect_exactly_once();
    const auto ledger = world_.ledger_entries();
    ASSERT_EQ(ledger.size(), 5U);
    EXPECT_EQ(ledger[4].delivered, 60);
}

// --- run() ---

class Loop {
  public:
    explicit Loop(Delivery& delivery)
        : delivery_(delivery), thread_([this] { delivery_.run([this](const Error&) { ++errors; }); }) {}

    ~Loop() {
        delivery_.stop();
        thread_.join();
    }

    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    std::atomic<int> errors{0};

  private:
    Delivery& delivery_;
    std::thread thread_;
};

// Until the condition holds; a minute is for ever.
bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // poll
    }
    return true;
}

class DeliveryLoop : public DeliveryTest {
  protected:
    std::unique_ptr<Delivery> make(DeliveryWorld::Deliverer& around, DeliveryOptions options,
                                   const Clock& clock) {
        options.errors_folder = world_.errors_folder();
        return std::make_unique<Delivery>(options, *around.log, *around.table, world_.disk, clock,
                                          world_.random);
    }

    SystemClock system_;
};

TEST_F(DeliveryLoop, FlushesByInterval) {
    auto around = world_.start();
    const auto delivery = make(around, {.flush_interval = std::chrono::milliseconds(5)}, system_);
    CaptureWriter writer(world_.log_folder(), 7, kNoon);
    world_.write(writer, 3);
    const Loop loop(*delivery);
    EXPECT_TRUE(eventually([&] { return around.table->state().value().current.has_value(); }));
    world_.expect_exactly_once();
}

TEST_F(DeliveryLoop, FlushesBySizeBeforeTheInterval) {
    auto around = world_.start();
    const auto delivery =
        make(around, {.flush_interval = std::chrono::hours(1), .flush_size = 256 * 1024}, system_);
    CaptureWriter writer(world_.log_folder(), 7, kNoon, 64 * 1024);
    const Loop loop(*delivery);
    world_.write(writer, 1000);
    EXPECT_TRUE(eventually([&] { return around.table->state().value().current.has_value(); }));
}

TEST_F(DeliveryLoop, StopsAtOnceWithALongInterval) {
    auto around = world_.start();
    const auto delivery = make(around, {.flush_interval = std::chrono::hours(1)}, world_.clock);
    const auto begin = std::chrono::steady_clock::now();
    { const Loop loop(*delivery); }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(DeliveryLoop, ReportsAFailureAndTriesAgain) {
    auto around = world_.start();
    const auto delivery = make(around, {.flush_interval = std::chrono::milliseconds(5)}, system_);
    CaptureWriter writer(world_.log_folder(), 7, kNoon);
    world_.write(writer, 3);
    // A file where the table's data folder should be: writing fails until it is gone.
    const Path data = Path(around.table->state().value().location.substr(7)) / "data";
    std::filesystem::remove_all(data);
    ASSERT_TRUE(write_new_file(world_.disk, data, "in the way").ok());
    Loop loop(*delivery);
    ASSERT_TRUE(eventually([&] { return loop.errors > 0; }));
    EXPECT_FALSE(around.table->state().value().current.has_value());
    ASSERT_TRUE(world_.disk.remove(data).ok());
    EXPECT_TRUE(eventually([&] { return around.table->state().value().current.has_value(); }));
    world_.expect_exactly_once();
}

}  // namespace
}  // namespace tally::delivery
