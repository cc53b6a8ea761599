// A wall clock that jumps under a running worker: an hour back, a day ahead, to 1970, to the last second of
// 32-bit time.
#include "edge_site.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

namespace tally::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

Instant at_second(std::int64_t unix_seconds) {
    return instant_from_us(unix_seconds * 1'000'000);
}

class RecordTimeTest : public EdgeSite {
  protected:
    RecordTimeTest() {
        const Path path = folder_.path() / "clock";
        std::ofstream(path) << std::string(sizeof *offset_s_, '\0');
        const FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
        void* memory = ::mmap(nullptr, sizeof *offset_s_, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
        EXPECT_NE(memory, MAP_FAILED);
        offset_s_ = static_cast<std::int64_t*>(memory);
    }

    ~RecordTimeTest() override { ::munmap(offset_s_, sizeof *offset_s_); }

    void start_with_clock() {
        ::setenv("CLOCK_SHIM", (folder_.path() / "clock").c_str(), 1);
        ::setenv("LD_PRELOAD", CLOCK_SHIM, 1);
        start();
        ::unsetenv("LD_PRELOAD");
        ::unsetenv("CLOCK_SHIM");
    }

    void set_clock_off(seconds offset) { __atomic_store_n(offset_s_, offset.count(), __ATOMIC_RELEASE); }

    // Sets the clock, waits until the worker has noticed, and sends `count` requests.
    void jump_to(seconds offset, std::size_t count) {
        set_clock_off(offset);
        const Instant wanted = clock_.now() + offset;
        for (int i = 0; i < 500; ++i) {
            sent_ += 1;
            EXPECT_EQ(get("/probe").status, 200);
            const auto scan = capture::CaptureLog(config_.capture_folder).scan({});
            if (scan.ok() && !scan->records.empty() && is_near(scan->records.back().time, wanted))
                break;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));  // poll
        }
        for (std::size_t i = 0; i < count; ++i)
            EXPECT_EQ(get("/x").status, 200);
        sent_ += count;
        reached_.push_back(wanted);
    }

    static bool is_near(Instant time, Instant wanted) {
        return time > wanted - seconds(60) && time < wanted + seconds(60);
    }

    std::int64_t* offset_s_ = nullptr;
    std::size_t sent_ = 0;
    std::vector<Instant> reached_;
};

TEST_F(RecordTimeTest, LosesAndDoublesNothingAndDurationsStayTrue) {
    start_with_clock();
    const auto offset_to = [&](Instant then) {
        return std::chrono::duration_cast<seconds>(then - clock_.now());
    };
    jump_to(seconds(0), 20);
    jump_to(-hours(1), 20);
    jump_to(hours(24), 20);
    jump_to(offset_to(at_second(0)), 20);
    jump_to(offset_to(at_second(2'147'483'646)), 20);
    jump_to(seconds(0), 20);
    const auto& all = records(sent_);
    std::set<std::uint64_t> sequences;
    std::vector<std::size_t> near(reached_.size());
    for (const RequestRecord& record : all) {
        EXPECT_TRUE(sequences.insert(record.id.sequence).second);
        EXPECT_EQ(record.id.writer, all.front().id.writer);
        EXPECT_GE(record.time_taken_us, 0);
        EXPECT_LT(record.time_taken_us, 10'000'000) << "a duration follows the monotonic clock";
        EXPECT_LT(record.first_byte_us, 10'000'000);
        for (std::size_t i = 0; i < reached_.size(); ++i)
            near[i] += is_near(record.time, reached_[i]) ? 1U : 0U;
    }
    EXPECT_EQ(*sequences.rbegin(), sequences.size() - 1) << "no number is left out";
    for (std::size_t i = 0; i < near.size(); ++i)
        EXPECT_GE(near[i], 20U) << "the record's time is the clock's at the request, jump " << i;
}

// The pause after a failed segment, the keys' refresh and the timer go on whatever the clock says.
TEST_F(RecordTimeTest, ARevokedKeyIsNoticedAfterAJumpBack) {
    start_with_clock();
    EXPECT_EQ(get("/x").status, 200);
    set_clock_off(-hours(24 * 365));
    EXPECT_EQ(get("/x").status, 200);
    ASSERT_TRUE(keys_->revoke(key_entry(kKey, "").digest).ok());
    int status = 200;
    for (int i = 0; i < 300 && status == 200; ++i) {
        status = get("/x").status;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));  // poll
    }
    EXPECT_EQ(status, 403);
}

}  // namespace
}  // namespace tally::test
