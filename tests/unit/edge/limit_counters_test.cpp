#include "edge/limit_counters.hpp"

#include "edge/quota_clock.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tally::edge {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// A bucket on a clock that the test moves.
class Bucket {
  public:
    Bucket(std::uint64_t rate, std::uint64_t burst) { change(rate, burst); }

    void change(std::uint64_t rate, std::uint64_t burst) {
        shape_ = {kSecond / rate, burst * (kSecond / rate)};
    }

    void pass(std::uint64_t ns) { now_ += ns; }

    bool take() {
        return take_token(word_, shape_, now_, [this] { return now_; }) == Taken::kYes;
    }

    int take_all() {
        int taken = 0;
        while (take())
            ++taken;
        return taken;
    }

  private:
    BucketShape shape_ = {};
    std::uint64_t word_ = 0;
    std::uint64_t now_ = 1000 * kSecond;
};

TEST(LimitCountersTest, ABucketGivesItsBurstAndThenItsRate) {
    Bucket bucket(100, 50);
    EXPECT_EQ(bucket.take_all(), 50);
    bucket.pass(kSecond / 100 - 1);
    EXPECT_FALSE(bucket.take());
    bucket.pass(1);
    EXPECT_EQ(bucket.take_all(), 1);
    bucket.pass(kSecond / 4);
    EXPECT_EQ(bucket.take_all(), 25);
    bucket.pass(1000 * kSecond);
    EXPECT_EQ(bucket.take_all(), 50) << "never more than the burst";
    int taken = 0;
    for (int ms = 0; ms < 10'000; ++ms, bucket.pass(1'000'000))
        taken += bucket.take_all();
    EXPECT_EQ(taken, 999) << "ten seconds at 100 a second, the first token 10 ms after the last";
}

TEST(LimitCountersTest, APlansChangeIsObeyedAtOnceAndASlowBucketDoesNotLockAFastOne) {
    Bucket bucket(1, 86'400);
    EXPECT_EQ(bucket.take_all(), 86'400);
    bucket.change(100, 50);
    EXPECT_FALSE(bucket.take()) << "it starts empty";
    bucket.pass(kSecond / 10);
    EXPECT_EQ(bucket.take_all(), 10) << "and fills at the new rate";
    bucket.pass(kSecond);
    EXPECT_EQ(bucket.take_all(), 50);
    bucket.change(1, 3);
    bucket.pass(kSecond);
    EXPECT_EQ(bucket.take_all(), 3);
}

// A worker that lost its processor asks with a time long past.
TEST(LimitCountersTest, AnOldTimeGivesNothingAway) {
    std::uint64_t word = 0;
    const BucketShape shape = {kSecond, 5 * kSecond};
    const auto take = [&](std::uint64_t now, std::uint64_t later) {
        return take_token(word, shape, now, [later] { return later; }) == Taken::kYes;
    };
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(take(100 * kSecond, 0));
    EXPECT_EQ(word, 105 * kSecond);
    EXPECT_FALSE(take(50 * kSecond, 100 * kSecond));
    EXPECT_EQ(word, 105 * kSecond) << "the clock, read again, says that the word is no other plan's";
    EXPECT_FALSE(take(50 * kSecond, 60 * kSecond));
    EXPECT_EQ(word, 65 * kSecond);
}

TEST(LimitCountersTest, ManyThreadsTakeExactlyWhatIsThere) {
    std::uint64_t bucket = 0;
    std::uint64_t quota = 0;
    std::uint64_t granted = 60'000;
    std::uint64_t used = 0;
    const BucketShape shape = {1000, 50'000'000};
    const QuotaRule rule{100'000, 10'000, 20'000, 20'000, true};
    std::atomic<int> tokens = 0;
    std::atomic<int> counted = 0;
    std::atomic<int> paid = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            const auto clock = [] { return kSecond; };
            for (int n = 0; n < 100'000; ++n) {
                tokens += take_token(bucket, shape, kSecond, clock) == Taken::kYes;
                counted += take_quota(quota, rule) == Taken::kYes;
                paid += take_credit(granted, used) == Taken::kYes;
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(tokens, 50'000);
    EXPECT_EQ(counted, 90'000) << "the first period's offset is taken off";
    EXPECT_EQ(paid, 60'000);
    EXPECT_EQ(used, granted);
}

// One row: what stands in the counter (-1 = nothing), what the clock says, and what a request makes of it.
struct QuotaRow {
    const char* name;
    std::int64_t stored_period;
    std::int64_t stored_used;
    std::int64_t period;
    bool clock_believed;
    bool taken;
    std::int64_t period_then;
    std::int64_t used_then;
};

TEST(LimitCountersTest, AQuotasPeriodOnlyMovesOn) {
    // A limit of 10, of which 3 are taken off in period 20000.
    const QuotaRow rows[] = {
        {"the first request of a key", -1, 0, 20'001, true, true, 20'001, 1},
        {"within the period", 20'001, 9, 20'001, true, true, 20'001, 10},
        {"spent", 20'001, 10, 20'001, true, false, 20'001, 10},
        {"the offset in the first period", 20'000, 6, 20'000, true, true, 20'000, 7},
        {"spent in the first period", 20'000, 7, 20'000, true, false, 20'000, 7},
        {"granted more by hand", 20'001, -5, 20'001, true, true, 20'001, -4},
        {"over the limit by hand", 20'001, 12, 20'001, true, false, 20'001, 12},
        {"the next period", 20'001, 10, 20'002, true, true, 20'002, 1},
        {"many periods later", 20'001, 10, 20'500, true, true, 20'500, 1},
        {"set back an hour over the boundary", 20'002, 4, 20'001, true, true, 20'002, 5},
        {"set back, spent", 20'002, 10, 20'001, true, false, 20'002, 10},
        {"set back into the first period", 20'001, 8, 20'000, true, true, 20'001, 9},
        {"a counter from a clock far ahead", 24'000, 10, 20'001, true, true, 20'001, 1},
        {"a plan by day that became one by month", 20'001, 10, 682, true, true, 682, 1},
        {"a plan by month that became one by day", 682, 10, 20'001, true, true, 20'001, 1},
        {"1970: the counter stays where it is", 20'001, 4, 0, false, true, 20'001, 5},
        {"1970, spent", 20'001, 10, 0, false, false, 20'001, 10},
        {"1970 and a new key", -1, 0, 0, false, true, 0, 1},
        {"the clock is set, after 1970", 0, 10, 20'001, true, true, 20'001, 1},
    };
    for (const QuotaRow& row : rows) {
        std::uint64_t word = row.stored_period < 0 ? 0 : quota_word(row.stored_period, row.stored_used);
        const QuotaRule rule{10, 3, 20'000, row.period, row.clock_believed};
        EXPECT_EQ(has_quota(word, rule), row.taken) << row.name;
        EXPECT_EQ(take_quota(word, rule) == Taken::kYes, row.taken) << row.name;
        EXPECT_EQ(quota_word_period(word), row.period_then) << row.name;
        EXPECT_EQ(quota_word_used(word), row.used_then) << row.name;
    }
}

TEST(LimitCountersTest, WhatIsGivenBackCanBeTakenAgain) {
    const QuotaRule rule{2, 0, 0, 20'000, true};
    std::uint64_t word = 0;
    EXPECT_EQ(take_quota(word, rule), Taken::kYes);
    EXPECT_EQ(take_quota(word, rule), Taken::kYes);
    give_back_quota(word, rule);
    EXPECT_EQ(quota_word_used(word), 1);
    EXPECT_EQ(take_quota(word, rule), Taken::kYes);
    EXPECT_EQ(take_quota(word, rule), Taken::kNo);
    QuotaRule next = rule;
    next.period = 20'001;
    EXPECT_EQ(take_quota(word, next), Taken::kYes);
    give_back_quota(word, {2, 0, 0, 19'000, true});
    EXPECT_EQ(word, quota_word(20'001, 1)) << "another period has begun";
}

TEST(LimitCountersTest, AQuotaOfNothingLetsNobodyIn) {
    std::uint64_t word = 0;
    EXPECT_EQ(take_quota(word, {0, 0, 0, 20'000, true}), Taken::kNo);
    EXPECT_EQ(word, 0U);
    EXPECT_EQ(take_quota(word, {5, 5, 20'000, 20'000, true}), Taken::kNo);
    const std::uint64_t granted = 0;
    std::uint64_t used = 0;
    EXPECT_FALSE(has_credit(granted, used));
    EXPECT_EQ(take_credit(granted, used), Taken::kNo);
}

TEST(LimitCountersTest, TheQuotaClockFollowsTheCalendarWhicheverWayTimeGoes) {
    QuotaClock clock;
    constexpr std::int64_t kDayUs = 86'400'000'000;
    for (const std::int64_t day : {20'000, 20'001, 20'031, 19'999, 24'837, 0, -1, 20'001}) {
        for (const std::int64_t at : {day * kDayUs, day * kDayUs + kDayUs - 1}) {
            for (const QuotaPeriod period : {QuotaPeriod::kDay, QuotaPeriod::kWeek, QuotaPeriod::kMonth})
                EXPECT_EQ(clock.number(period, at), quota_period_number(period, at)) << at;
        }
    }
    EXPECT_FALSE(QuotaClock::believed(0));
    EXPECT_FALSE(QuotaClock::believed(QuotaClock::kEarliestUs - 1));
    EXPECT_TRUE(QuotaClock::believed(QuotaClock::kEarliestUs));
}

}  // namespace
}  // namespace tally::edge
