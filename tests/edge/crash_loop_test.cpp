// A worker that dies again and again.
#include "edge_site.hpp"

#include <csignal>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::test {
namespace {

class CrashLoopTest : public EdgeSite {
  protected:
    [[nodiscard]] std::uint64_t folder_bytes() const {
        std::uint64_t bytes = 0;
        for (const auto& entry : std::filesystem::directory_iterator(config_.capture_folder)) {
            std::error_code gone;
            const auto size = entry.file_size(gone);
            bytes += gone ? 0 : size;
        }
        return bytes;
    }

    // The worker that there is now; 0 = none, the master is making one.
    [[nodiscard]] pid_t worker() const {
        const pid_t master = nginx_->running().value_or(0);
        std::ifstream file(fmt::format("/proc/{}/task/{}/children", master, master));
        pid_t child = 0;
        file >> child;
        return child;
    }

    void kill_worker() const {
        pid_t found = worker();
        for (int i = 0; i < 2000 && found == 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll
            found = worker();
        }
        ASSERT_GT(found, 0);
        ASSERT_EQ(::kill(found, SIGKILL), 0);
        for (int i = 0; i < 2000 && worker() == found; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll
    }
};

// Each life leaves a segment behind. Together they keep to the limit; then requests are refused until the
// server has taken what the dead left, which needs no worker's help.
TEST_F(CrashLoopTest, AHundredQuickDeathsKeepToTheLimit) {
    config_.segment_size = 512 * 1024;
    config_.capture_size_max = 8 * 512 * 1024;
    start();
    const auto die = [&] {
        kill_worker();
        ASSERT_LE(folder_bytes(), config_.capture_size_max);
    };
    for (int i = 0; i < 100; ++i)
        die();
    // Some die before their segment is in use, and leave their room to the next: so a hundred may not be
    // enough.
    int refused = get("/x").status;
    for (int i = 0; i < 900 && refused == 200 && !HasFatalFailure(); ++i) {
        die();
        refused = get("/x").status;
    }
    EXPECT_EQ(refused, 503) << "the log is at its limit";
    capture::CaptureLog log(config_.capture_folder);
    auto scan = log.scan({});
    ASSERT_TRUE(scan.ok());
    EXPECT_TRUE(scan->damages.empty());
    ASSERT_TRUE(log.remove_taken(scan->next).ok());
    int status = 503;
    for (int i = 0; i < 500 && status != 200; ++i) {
        status = get("/y").status;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));  // poll
    }
    EXPECT_EQ(status, 200);
}

// What a dead worker was writing is finished by the server: taken, the open request as interrupted, removed.
TEST_F(CrashLoopTest, TheServerFinishesASegmentWhoseWorkerDied) {
    start();
    EXPECT_EQ(get("/x").status, 200);
    HttpConnection open(port());
    open.send(fmt::format("GET /hold HTTP/1.1\r\nHost: a\r\nx-api-key: {}\r\n\r\n", kKey));
    const capture::CaptureLog before(config_.capture_folder);
    bool held = false;  // the first is done, and of the other the answer has begun
    for (int i = 0; i < 2000 && !held; ++i) {
        const auto scan = before.scan({});
        held = scan.ok() && scan->records.size() == 1 && scan->pending == 1;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll
    }
    ASSERT_TRUE(held);
    kill_worker();
    const auto& all = records(2);
    EXPECT_EQ(all[0].state, CaptureState::kDone);
    EXPECT_EQ(all[1].state, CaptureState::kInterrupted);
    const std::uint64_t dead = all[0].id.writer;
    capture::CaptureLog log(config_.capture_folder);
    ASSERT_TRUE(log.remove_taken(scan_.next).ok());
    const auto left = log.scan(scan_.next);
    for (const auto& segment : left->segments)
        EXPECT_NE(segment.writer, dead) << segment.path;
}

}  // namespace
}  // namespace tally::test
