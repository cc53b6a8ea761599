// A real file system that is really full: the capture folder on a small tmpfs. TALLYMAN_ROUNDS (200 in a
// campaign) is how often it fills and empties again. Skipped where mounting is not permitted.
#include "edge/uncaptured.hpp"
#include "edge_site.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace tally::test {
namespace {

using Clock = std::chrono::steady_clock;

int rounds() {
    const char* text = std::getenv("TALLYMAN_ROUNDS");
    return text != nullptr && *text != '\0' ? std::atoi(text) : 4;
}

class DiskFullTest : public EdgeSite {
  protected:
    void SetUp() override {
        config_.segment_size = 512 * 1024;
        mounted_ = ::mount("tmpfs", config_.capture_folder.c_str(), "tmpfs", 0, "size=4m") == 0;
        if (!mounted_)
            GTEST_SKIP() << "mounting a tmpfs is not permitted here";
    }

    ~DiskFullTest() override {
        EXPECT_TRUE(nginx_->stop().ok());
        if (mounted_)
            ::umount2(config_.capture_folder.c_str(), MNT_DETACH);
    }

    // Leaves `bytes` free, about. The worker may take a segment meanwhile; then there is less to fill.
    void fill_disk(std::uint64_t bytes) {
        const FileDescriptor file(::open(filler().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        int error = ENOSPC;
        for (int i = 0; i < 10 && error == ENOSPC; ++i) {
            struct statvfs info = {};
            ASSERT_EQ(::statvfs(config_.capture_folder.c_str(), &info), 0);
            const std::uint64_t available = info.f_bavail * info.f_frsize;
            if (available <= bytes)
                return;
            error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(available - bytes));
        }
        ASSERT_EQ(error, 0);
    }

    void empty_disk() { std::filesystem::remove(filler()); }

    [[nodiscard]] Path filler() const { return config_.capture_folder / "filler"; }

    // One request, with headers of a random size.
    int call(HttpConnection& connection) {
        connection.send(fmt::format("GET /x HTTP/1.1\r\nHost: a\r\nx-api-key: {}\r\nX-Fill: {}\r\n\r\n", kKey,
                                    std::string(random_() % 6000, 'f')));
        return connection.receive().status;
    }

    // As delivery: takes what is there, remembers it, and removes what is done.
    void deliver() {
        const auto scan = log().scan(positions_);
        ASSERT_TRUE(scan.ok()) << scan.error().message;
        for (const RequestRecord& record : scan->records) {
            EXPECT_TRUE(taken_.insert({record.id.writer, record.id.sequence}).second);
            served_records_ += record.status == 200 ? 1U : 0U;
        }
        EXPECT_TRUE(scan->damages.empty());
        EXPECT_EQ(scan->lost, 0U);
        positions_ = scan->next;
        EXPECT_TRUE(log().remove_taken(positions_).ok());
    }

    capture::CaptureLog& log() {
        if (!log_)
            log_ = std::make_unique<capture::CaptureLog>(config_.capture_folder);
        return *log_;
    }

    [[nodiscard]] std::uint64_t counted_lost() const {
        std::uint64_t lost = 0;
        const auto hours = edge::read_uncaptured(config_.counters);
        EXPECT_TRUE(hours.ok());
        for (const auto& hour : *hours)
            lost += hour.lost;
        return lost;
    }

    bool mounted_ = false;
    std::mt19937_64 random_{20261124};
    std::unique_ptr<capture::CaptureLog> log_;
    capture::Positions positions_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> taken_;
    std::uint64_t served_records_ = 0;
};

TEST_F(DiskFullTest, RejectingItLosesNothingAnswersAtOnceAndHeals) {
    start();
    std::uint64_t served = 0;
    for (int round = 0; round < rounds(); ++round) {
        fill_disk(random_() % (700 * 1024));
        HttpConnection connection(port());
        int status = 200;
        for (int i = 0; i < 3000 && status == 200; ++i) {
            const auto before = Clock::now();
            status = call(connection);
            served += status == 200 ? 1U : 0U;
            if (status != 200) {
                EXPECT_EQ(status, 503);
                EXPECT_LT(Clock::now() - before, std::chrono::milliseconds(100));
            }
        }
        ASSERT_EQ(status, 503) << "round " << round;
        empty_disk();
        const auto emptied = Clock::now();
        while (status != 200 && Clock::now() - emptied < std::chrono::seconds(6)) {
            deliver();
            status = get("/x").status;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));  // poll
        }
        ASSERT_EQ(status, 200) << "round " << round;
        EXPECT_LT(Clock::now() - emptied, std::chrono::seconds(5));
        ++served;
    }
    ASSERT_TRUE(nginx_->stop().ok());
    deliver();
    EXPECT_EQ(served_records_, served) << "who was answered 200 is in the log, once";
    EXPECT_EQ(counted_lost(), 0U);
}

TEST_F(DiskFullTest, ServingItCountsExactlyWhatIsNotInTheLog) {
    config_.on_full = edge::OnFull::kServe;
    start();
    std::uint64_t served = 0;
    for (int round = 0; round < rounds(); ++round) {
        fill_disk(random_() % (700 * 1024));
        HttpConnection connection(port());
        for (int i = 0; i < 400; ++i) {
            ASSERT_EQ(call(connection), 200);
            ++served;
        }
        empty_disk();
        deliver();
    }
    ASSERT_TRUE(nginx_->stop().ok());
    deliver();
    EXPECT_GT(counted_lost(), 0U);
    EXPECT_EQ(served_records_ + counted_lost(), served);
}

}  // namespace
}  // namespace tally::test
