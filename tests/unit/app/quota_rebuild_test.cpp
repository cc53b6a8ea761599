#include "app/quota_rebuild.hpp"

#include "app/adapters.hpp"
#include "base/crc32c.hpp"
#include "edge/limit_file.hpp"
#include "edge/limit_file_format.hpp"
#include "support/request_lake.hpp"
#include "unit/accounts/account_parts.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include <gtest/gtest.h>

namespace tally::app {
namespace {

// Accounts on a real database, requests in a real log and lake, and the real limit file, in which each
// request that is let in is counted as the edge does it.
class QuotaRebuildTest : public testing::Test {
  protected:
    QuotaRebuildTest() {
        parts.clock.advance(std::chrono::hours(10 * 24));  // 2026-10-11T00:00:00Z, a Sunday
        static_cast<void>(parts.customers.create({.name = "Acme"}).value());
        make_plan("month", QuotaPeriod::kMonth);
        make_plan("day", QuotaPeriod::kDay);
        open_limits();
        EXPECT_TRUE(limits->finish_rebuild().ok());
    }

    void make_plan(const std::string& name, QuotaPeriod period) {
        accounts::NewUsagePlan plan{.name = name};
        plan.limits.quota = Quota{1000, period, 0};
        ASSERT_TRUE(parts.usage_plans.create(plan).ok());
    }

    void open_limits() {
        limits.reset();
        limits = edge::LimitFile::open_or_create(file()).value();
        if (limits->needs_rebuild()) {
            ASSERT_TRUE(limits->begin_rebuild().ok());
        }
        ASSERT_TRUE(limits->reserve(100, 0).ok());
    }

    [[nodiscard]] Path file() const { return parts.folder.path() / "limits"; }

    accounts::ApiKey key(const std::string& name, const std::string& plan) {
        return parts.keys
            .create({.customer = "Acme", .name = name, .usage_plan = plan, .expires_at = std::nullopt})
            .value()
            .key;
    }

    test::CapturedRequest request_of(const accounts::ApiKey& of) {
        test::CapturedRequest request;
        request.key = of.id.str();
        request.time = parts.clock.now();
        return request;
    }

    void let_in(const accounts::ApiKey& of, QuotaPeriod period, const test::CapturedRequest& request) {
        const std::int64_t number = quota_period_number(period, to_us(parts.clock.now()));
        const auto before = limits->quota_use(of.ordinal);
        const std::int64_t used = before && before->period == number ? before->used : 0;
        ASSERT_TRUE(limits->set_quota_use(of.ordinal, {number, used + 1}).ok());
        lake.capture(request);
    }

    // What the file held before, and what it holds when it was lost in this way and rebuilt.
    void expect_the_same_after(const std::vector<accounts::ApiKey>& keys, const std::function<void()>& lose) {
        std::vector<std::optional<edge::QuotaUse>> before;
        for (const accounts::ApiKey& of : keys)
            before.push_back(limits->quota_use(of.ordinal));
        limits.reset();
        lose();
        open_limits();
        ASSERT_TRUE(limits->needs_rebuild());
        LimitFileCounters counters(*limits);
        const Status rebuilt = rebuild_quota_counts(
            {parts.state->usage_plans(), parts.state->keys(), lake.engine(), counters, parts.clock});
        ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().message;
        ASSERT_TRUE(limits->finish_rebuild().ok());
        for (std::size_t i = 0; i < keys.size(); ++i)
            EXPECT_EQ(limits->quota_use(keys[i].ordinal), before[i]) << keys[i].name;
    }

    // As the file of another start of the machine.
    void change_boot_digest() const {
        std::ifstream in(file(), std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        edge::LimitFileHeader header{};
        std::memcpy(&header, bytes.data(), sizeof header);
        header.boot_digest ^= 1;
        header.header_crc = crc32c(&header, edge::kLimitFileCrcSpan);
        std::memcpy(bytes.data(), &header, sizeof header);
        std::ofstream(file(), std::ios::binary) << bytes;
    }

    test::AccountParts parts;
    test::RequestLake lake;
    std::unique_ptr<edge::LimitFile> limits;
};

TEST_F(QuotaRebuildTest, WhatWasCountedIsThereAgain) {
    const accounts::ApiKey by_month = key("a", "month");
    const accounts::ApiKey by_day = key("b", "day");
    const accounts::ApiKey unused = key("c", "month");
    const accounts::ApiKey free = key("d", "");
    const auto send = [&](int count) {
        for (int i = 0; i < count; ++i) {
            let_in(by_month, QuotaPeriod::kMonth, request_of(by_month));
            let_in(by_day, QuotaPeriod::kDay, request_of(by_day));
            lake.capture(request_of(free));
        }
    };
    send(3);
    lake.deliver();
    parts.clock.advance(std::chrono::hours(24));  // another day and week, the same month
    send(2);
    lake.deliver();
    send(2);  // not delivered yet
    EXPECT_EQ(limits->quota_use(by_month.ordinal)->used, 7);
    EXPECT_EQ(limits->quota_use(by_day.ordinal)->used, 4);
    const std::vector<accounts::ApiKey> all = {by_month, by_day, unused, free};
    expect_the_same_after(all, [this] { std::filesystem::remove(file()); });
    expect_the_same_after(all,
                          [this] { std::ofstream(file(), std::ios::binary) << std::string(4096, '\0'); });
    expect_the_same_after(all, [this] { change_boot_digest(); });
}

TEST_F(QuotaRebuildTest, OnlyRequestsThatWereLetInCount) {
    const accounts::ApiKey of = key("a", "month");
    const auto refused = [&](std::uint16_t status, ResultType result, DetailedResult detailed) {
        test::CapturedRequest request = request_of(of);
        request.status = status;
        request.result = result;
        request.detailed = detailed;
        lake.capture(request);
    };
    refused(429, ResultType::kLimitExceeded, DetailedResult::kRateExceeded);
    refused(429, ResultType::kLimitExceeded, DetailedResult::kQuotaExceeded);
    refused(429, ResultType::kLimitExceeded, DetailedResult::kCreditExceeded);
    refused(503, ResultType::kCapacityExceeded, DetailedResult::kSame);
    refused(503, ResultType::kError, DetailedResult::kSame);  // the limits could not be read
    refused(301, ResultType::kRedirect, DetailedResult::kSame);
    refused(413, ResultType::kError, DetailedResult::kInvalidRequest);
    refused(405, ResultType::kError, DetailedResult::kInvalidRequestMethod);
    test::CapturedRequest revoked = request_of(of);
    revoked.auth = AuthResult::kRevokedKey;
    lake.capture(revoked);
    for (const auto& [status, result, detailed] :
         {std::tuple{std::uint16_t{200}, ResultType::kHit, DetailedResult::kSame},
          {std::uint16_t{404}, ResultType::kError, DetailedResult::kSame},
          {std::uint16_t{503}, ResultType::kError, DetailedResult::kOriginError},
          {std::uint16_t{499}, ResultType::kError, DetailedResult::kClientHungUpRequest}}) {
        test::CapturedRequest request = request_of(of);
        request.status = status;
        request.result = result;
        request.detailed = detailed;
        let_in(of, QuotaPeriod::kMonth, request);
    }
    expect_the_same_after({of}, [this] { std::filesystem::remove(file()); });
}

// A key's count begins when it comes under its plan, and when the plan's quota gets its period.
TEST_F(QuotaRebuildTest, CountsBeginWithTheKeyUnderItsPlan) {
    const accounts::ApiKey of = key("a", "");
    const accounts::ApiKey stays = key("b", "month");
    lake.capture(request_of(of));
    let_in(stays, QuotaPeriod::kMonth, request_of(stays));
    parts.clock.advance(std::chrono::hours(1));
    ASSERT_TRUE(parts.keys.update("a", {.usage_plan = "month"}).ok());
    let_in(of, QuotaPeriod::kMonth, request_of(of));
    expect_the_same_after({of, stays}, [this] { std::filesystem::remove(file()); });
    parts.clock.advance(std::chrono::hours(1));
    ASSERT_TRUE(
        parts.usage_plans
            .update("month", {.limits = {.quota = accounts::QuotaChange{.period = QuotaPeriod::kDay}}})
            .ok());
    let_in(of, QuotaPeriod::kDay, request_of(of));
    let_in(stays, QuotaPeriod::kDay, request_of(stays));
    EXPECT_EQ(limits->quota_use(of.ordinal)->used, 1);
    expect_the_same_after({of, stays}, [this] { std::filesystem::remove(file()); });
}

}  // namespace
}  // namespace tally::app
