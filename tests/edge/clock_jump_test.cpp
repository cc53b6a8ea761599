// The wall clock is set while nginx runs: an hour back, a day on, to 1970 and to 2038.
// docs/formats/limit-file.md has the rule.
#include "edge_site.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

namespace tally::test {
namespace {

constexpr std::uint32_t kOrdinal = 7;
constexpr std::uint32_t kPlan = 2;
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kStart = 1'781'051'400;  // 2026-06-10 00:30:00 UTC
constexpr std::int64_t kStartDay = kStart / kDay;

class ClockJumpTest : public EdgeSite {
  protected:
    ClockJumpTest() {
        const Path path = folder_.path() / "clock";
        std::ofstream(path) << std::string(sizeof *offset_s_, '\0');
        const FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
        void* memory = ::mmap(nullptr, sizeof *offset_s_, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
        EXPECT_NE(memory, MAP_FAILED);
        offset_s_ = static_cast<std::int64_t*>(memory);
        ::setenv("CLOCK_SHIM", path.c_str(), 1);
        ::setenv("LD_PRELOAD", CLOCK_SHIM, 1);
        edge::KeyEntry entry = key_entry(kKey, "key_good");
        entry.ordinal = kOrdinal;
        entry.plan = kPlan;
        EXPECT_TRUE(keys_->upsert(entry).ok());
    }

    ~ClockJumpTest() override { ::munmap(offset_s_, sizeof *offset_s_); }

    void start_at(std::int64_t wall_s, const UsageLimits& limits) {
        EXPECT_TRUE(plans_->upsert({kPlan, "limited", limits}).ok());
        set_clock(wall_s);
        start();
        ::unsetenv("LD_PRELOAD");
        ::unsetenv("CLOCK_SHIM");
    }

    void set_clock(std::int64_t wall_s) {
        __atomic_store_n(offset_s_, wall_s - to_us(clock_.now()) / 1'000'000, __ATOMIC_RELEASE);
    }

    // How many of twelve requests are let in when the clock says this. nginx notices the time with an event.
    int let_in_at(std::int64_t wall_s, int requests = 12) {
        set_clock(wall_s);
        EXPECT_TRUE(nginx_->answers());
        int good = 0;
        for (int i = 0; i < requests; ++i)
            good += get("/x").status == 200;
        asked_ += requests;
        return good;
    }

    std::int64_t* offset_s_ = nullptr;
    int asked_ = 0;
};

TEST_F(ClockJumpTest, NoJumpOpensAQuotaTwiceButOneBackFromFarAhead) {
    start_at(kStart, {.throttle = {}, .quota = Quota{10, QuotaPeriod::kDay, 0}, .methods = {}});
    EXPECT_EQ(let_in_at(kStart, 4), 4);
    EXPECT_EQ(let_in_at(kStart - kHour), 6) << "yesterday again, and counted today";
    EXPECT_EQ(limits_->quota_use(kOrdinal), (edge::QuotaUse{kStartDay, 10}));
    EXPECT_EQ(let_in_at(kStart), 0);
    EXPECT_EQ(let_in_at(kStart + kDay), 10);
    EXPECT_EQ(let_in_at(kStart), 0) << "the clock came back from tomorrow";
    EXPECT_EQ(let_in_at(1000), 0) << "1970";
    EXPECT_EQ(let_in_at(kStart + kDay), 0);
    EXPECT_EQ(limits_->quota_use(kOrdinal), (edge::QuotaUse{kStartDay + 1, 10}));
    EXPECT_EQ(let_in_at(2'147'483'648 + kDay), 10) << "2038";
    EXPECT_EQ(let_in_at(kStart + kDay), 10) << "a counter from 2038 would lock the key for years";
    EXPECT_EQ(let_in_at(kStart + kDay), 0);
    EXPECT_EQ(records(static_cast<std::size_t>(asked_)).size(), static_cast<std::size_t>(asked_));
}

TEST_F(ClockJumpTest, ATokenBucketKnowsNoWallClock) {
    start_at(kStart, {.throttle = Throttle{1, 3}, .quota = {}, .methods = {}});
    EXPECT_EQ(let_in_at(kStart), 3);
    for (const std::int64_t wall_s :
         {kStart - kHour, kStart + kDay, std::int64_t{1000}, 2'147'483'648 + kDay})
        EXPECT_EQ(let_in_at(wall_s), 0) << wall_s;
    records(static_cast<std::size_t>(asked_));
}

}  // namespace
}  // namespace tally::test
