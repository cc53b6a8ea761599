// How much each caller may do: exact under several workers, and after any of them, or nginx, died.
#include "edge/command.hpp"
#include "edge/process_table.hpp"
#include "edge_site.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::uint32_t kOrdinal = 7;
constexpr std::uint32_t kPlan = 2;
constexpr std::int64_t kAlmostNever = 1;  // thousandths of a token a second: none comes during a test

using Statuses = std::map<int, int>;

class LimitTest : public EdgeSite {
  protected:
    LimitTest() { put_key(kOrdinal, kPlan); }

    void put_key(std::uint32_t ordinal, std::uint32_t plan, std::uint32_t credit_account = 0) {
        edge::KeyEntry entry = key_entry(kKey, "key_good");
        entry.ordinal = ordinal;
        entry.plan = plan;
        entry.credit_account = credit_account;
        EXPECT_TRUE(keys_->upsert(entry).ok());
    }

    void limit(const UsageLimits& limits) { EXPECT_TRUE(plans_->upsert({kPlan, "limited", limits}).ok()); }

    static UsageLimits quota_of(std::int64_t limit) {
        return {.throttle = {}, .quota = Quota{limit, QuotaPeriod::kMonth, 0}, .methods = {}};
    }

    // `count` requests, one after the other, on each of `connections` connections at the same time. A
    // connection that breaks is made anew; its request counts as status 0.
    [[nodiscard]] Statuses flood(int connections, int count, std::string_view target = "/x") const {
        std::vector<Statuses> each(static_cast<std::size_t>(connections));
        std::vector<std::thread> threads;
        const std::string request =
            fmt::format("GET {} HTTP/1.1\r\nHost: a\r\nx-api-key: {}\r\n\r\n", target, kKey);
        for (Statuses& statuses : each)
            threads.emplace_back([&] {
                auto connection = std::make_unique<HttpConnection>(port());
                for (int i = 0; i < count; ++i) {
                    connection->send(request);
                    const int status = connection->receive().status;
                    ++statuses[status];
                    if (status == 0)
                        connection = std::make_unique<HttpConnection>(port());
                }
            });
        for (std::thread& thread : threads)
            thread.join();
        Statuses sum;
        for (const Statuses& statuses : each)
            for (const auto& [status, times] : statuses)
                sum[status] += times;
        return sum;
    }

    [[nodiscard]] int status_of(std::string_view method, std::string_view target) const {
        return send_one(port(), fmt::format("{} {} HTTP/1.1\r\nHost: a\r\nx-api-key: {}\r\n\r\n", method,
                                            target, kKey))
            .status;
    }

    // How many of many requests are let in.
    [[nodiscard]] int let_in(std::string_view method, std::string_view target, int requests = 12) const {
        int good = 0;
        for (int i = 0; i < requests; ++i)
            good += status_of(method, target) == 200;
        return good;
    }

    // What API Gateway answers, and what the record says.
    static void expect_refused(const HttpResponse& response, std::string_view message,
                               std::string_view error_type) {
        EXPECT_EQ(response.status, 429);
        EXPECT_EQ(response.body, fmt::format(R"({{"message":"{}"}})", message));
        EXPECT_EQ(response.header("Content-Type"), "application/json");
        EXPECT_EQ(response.header("x-amzn-ErrorType"), error_type);
        EXPECT_NE(response.header("x-amzn-RequestId"), "");
        EXPECT_NE(response.header("x-amz-apigw-id"), "");
        EXPECT_THAT(response.head, Not(HasSubstr("Retry-After")));
    }

    [[nodiscard]] std::int64_t used() const {
        const auto use = limits_->quota_use(kOrdinal);
        return use ? use->used : 0;
    }
};

TEST_F(LimitTest, ABurstIsExactUnderFourWorkers) {
    config_.workers = 4;
    limit({.throttle = Throttle{kAlmostNever, 50}, .quota = {}, .methods = {}});
    start();
    EXPECT_EQ(flood(12, 25), (Statuses{{200, 50}, {429, 250}}));
    expect_refused(get("/x"), "Too Many Requests", "TooManyRequestsException");
    int refused = 0;
    for (const RequestRecord& record : records(301)) {
        EXPECT_EQ(record.auth, AuthResult::kIdentified);
        EXPECT_EQ(record.api_key_id, "key_good");
        EXPECT_EQ(record.customer_id, "cus_1");
        EXPECT_EQ(record.usage_plan, "limited");
        if (record.status != 429)
            continue;
        ++refused;
        EXPECT_EQ(record.result, ResultType::kLimitExceeded);
        EXPECT_EQ(record.detailed_result, DetailedResult::kRateExceeded);
    }
    EXPECT_EQ(refused, 251);
    EXPECT_EQ(upstream_.requests().size(), 50U);
}

TEST_F(LimitTest, APlansNameMayHaveAnyLength) {
    const std::size_t lengths[] = {1, 15, 16, 31, 32, 33, 100, 255};
    limit({});
    start();
    for (const std::size_t length : lengths) {
        ASSERT_TRUE(plans_->upsert({kPlan, std::string(length, 'n'), {}}).ok());
        EXPECT_EQ(get("/x").status, 200);
    }
    const auto all = records(std::size(lengths));
    for (std::size_t i = 0; i < std::size(lengths); ++i)
        EXPECT_EQ(all.at(i).usage_plan, std::string(lengths[i], 'n'));
}

TEST_F(LimitTest, ARateIsNeverExceededAndNeverHeldBack) {
    config_.workers = 2;
    limit({.throttle = Throttle{200'000, 10}, .quota = {}, .methods = {}});
    start();
    const auto before = std::chrono::steady_clock::now();
    Statuses all;
    std::chrono::duration<double> elapsed{0};
    while (elapsed.count() < 1.0) {
        for (const auto& [status, times] : flood(4, 20))
            all[status] += times;
        elapsed = std::chrono::steady_clock::now() - before;
    }
    EXPECT_LE(all[200], 10 + static_cast<int>(elapsed.count() * 200) + 1);
    EXPECT_GE(all[200], 10 + 100) << "in a second at 200 a second, on a machine that may be busy";
    EXPECT_EQ(all.size(), 2U);
}

TEST_F(LimitTest, AQuotaIsExactUnderFourWorkers) {
    config_.workers = 4;
    limit(quota_of(300));
    start();
    EXPECT_EQ(flood(12, 75), (Statuses{{200, 300}, {429, 600}}));
    EXPECT_EQ(used(), 300);
    expect_refused(get("/x"), "Limit Exceeded", "LimitExceededException");
    int refused = 0;
    for (const RequestRecord& record : records(901))
        refused += record.result == ResultType::kLimitExceeded &&
                   record.detailed_result == DetailedResult::kQuotaExceeded;
    EXPECT_EQ(refused, 601);
    EXPECT_EQ(upstream_.requests().size(), 300U);
}

TEST_F(LimitTest, CountsStandWhenWorkersAreKilledAndNginxIsReloadedAndRestarted) {
    config_.workers = 2;
    limit({.throttle = Throttle{kAlmostNever, 500},
           .quota = Quota{450, QuotaPeriod::kMonth, 0},
           .methods = {}});
    start();
    int good = flood(4, 25)[200];
    EXPECT_EQ(good, 100);
    const auto kill_workers = [&] {
        for (const int pid : edge::group_members(*nginx_->running()))
            if (pid != *nginx_->running())
                ::kill(pid, SIGKILL);
    };
    const auto wait_until_up = [&] {
        for (int i = 0; i < 2000 && !nginx_->answers(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
    };
    kill_workers();
    wait_until_up();
    good += flood(4, 25)[200];
    ASSERT_TRUE(nginx_->apply(config_).ok());
    good += flood(4, 25)[200];
    ASSERT_TRUE(nginx_->stop().ok());
    ASSERT_TRUE(nginx_->start().ok());
    good += flood(4, 25)[200];
    EXPECT_GE(good, 390) << "a reload may close a connection before its next request";
    EXPECT_EQ(used(), good) << "nothing was running when they died";
    // Now in the middle of requests: what a killed worker had let in is used up, at most one a connection.
    Statuses last;
    std::thread killer([&] {
        for (const int further : {5, 15, 25}) {
            for (int i = 0; i < 2000 && used() < good + further; ++i)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll
            kill_workers();
        }
    });
    last = flood(4, 60);
    killer.join();
    wait_until_up();
    for (int i = 0; i < 1000 && used() < 450; ++i)
        EXPECT_NE(get("/x").status, 503);
    EXPECT_EQ(used(), 450);
    EXPECT_LE(last[200], 450 - good);
    EXPECT_EQ(get("/x").status, 429);
}

TEST_F(LimitTest, MethodsHaveBucketsOfTheirOwnTheMoreExactFirst) {
    limit({.throttle = Throttle{kAlmostNever, 5},
           .quota = {},
           .methods = {{"*", "/a/*", {kAlmostNever, 3}},
                       {"GET", "/a", {kAlmostNever, 2}},
                       {"GET", "/a/b", {kAlmostNever, 1}}}});
    start();
    EXPECT_EQ(let_in("GET", "/a/b"), 1);
    EXPECT_EQ(let_in("GET", "/a/c"), 3);
    EXPECT_EQ(let_in("PUT", "/a/b"), 0) << "the prefix's bucket, which is empty";
    EXPECT_EQ(let_in("GET", "/a?q=1"), 2);
    EXPECT_EQ(let_in("GET", "/%61"), 0) << "the same path in other letters";
    EXPECT_EQ(let_in("GET", "//a"), 0);
    EXPECT_EQ(let_in("GET", "/c/../a"), 0);
    EXPECT_EQ(let_in("POST", "/a"), 5) << "the plan's own bucket";
    EXPECT_EQ(let_in("GET", "/elsewhere"), 0);
}

TEST_F(LimitTest, AChangeOfThePlanOrOfTheKeysPlanIsObeyedAtTheNextRequest) {
    limit({.throttle = Throttle{kAlmostNever, 3}, .quota = {}, .methods = {}});
    start();
    EXPECT_EQ(let_in("GET", "/x"), 3);
    limit({.throttle = Throttle{1'000'000'000, 5}, .quota = {}, .methods = {}});
    EXPECT_EQ(status_of("GET", "/x"), 429) << "another plan's bucket starts empty";
    EXPECT_EQ(let_in("GET", "/x"), 12) << "and fills at the new rate";
    limit(quota_of(20));
    EXPECT_EQ(let_in("GET", "/x"), 12);
    limit(quota_of(15));
    EXPECT_EQ(let_in("GET", "/x"), 3) << "what was used stays used";
    put_key(kOrdinal, 1);
    EXPECT_EQ(let_in("GET", "/x"), 12) << "a plan without limits";
    put_key(kOrdinal, kPlan);
    EXPECT_EQ(let_in("GET", "/x"), 0);
    ASSERT_TRUE(plans_->remove(kPlan).ok());
    EXPECT_EQ(let_in("GET", "/x"), 12) << "a plan that is not there limits nobody";
    ASSERT_TRUE(keys_->revoke(key_entry(kKey, "").digest).ok());
    EXPECT_EQ(status_of("GET", "/x"), 403);
}

TEST_F(LimitTest, APrepaidCustomerStopsWhenTheBalanceIsSpentAndTheQuotaIsNotTouchedByIt) {
    config_.workers = 4;
    put_key(kOrdinal, kPlan, 9);
    limit(quota_of(1000));
    ASSERT_TRUE(limits_->set_granted(9, 30).ok());
    start();
    EXPECT_EQ(flood(8, 10), (Statuses{{200, 30}, {429, 50}}));
    EXPECT_EQ(used(), 30);
    EXPECT_EQ(limits_->allowance(9), (edge::Allowance{30, 30}));
    expect_refused(get("/x"), "Limit Exceeded", "LimitExceededException");
    for (const RequestRecord& record : records(81))
        EXPECT_TRUE(record.status == 200 || record.detailed_result == DetailedResult::kCreditExceeded);
    ASSERT_TRUE(limits_->set_granted(9, 35).ok());
    EXPECT_EQ(flood(8, 2), (Statuses{{200, 5}, {429, 11}}));
    limit(quota_of(36));
    ASSERT_TRUE(limits_->set_granted(9, 1000).ok());
    EXPECT_EQ(let_in("GET", "/x"), 1) << "now it is the quota, and the balance is not touched";
    EXPECT_EQ(limits_->allowance(9).used, 36U);
}

TEST_F(LimitTest, WhileTheLimitsCannotBeReadOnlyLimitedCallersAreRefused) {
    edge::KeyEntry free = key_entry("tm_live_Free", "key_free");
    ASSERT_TRUE(keys_->upsert(free).ok());
    limit(quota_of(5));
    start();
    const auto free_status = [&] {
        return send_one(port(), "GET /x HTTP/1.1\r\nHost: a\r\nx-api-key: tm_live_Free\r\n\r\n").status;
    };
    EXPECT_EQ(let_in("GET", "/x", 3), 3);
    ASSERT_TRUE(limits_->begin_rebuild().ok());
    const HttpResponse refused = get("/x");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.body, R"({"message":"Service Unavailable"})");
    EXPECT_EQ(free_status(), 200);
    ASSERT_TRUE(
        limits_->set_quota_use(kOrdinal, {quota_period_number(QuotaPeriod::kMonth, to_us(clock_.now())), 3})
            .ok());
    ASSERT_TRUE(limits_->finish_rebuild().ok());
    EXPECT_EQ(let_in("GET", "/x"), 2);
    // Files that are not there when nginx starts.
    ASSERT_TRUE(nginx_->stop().ok());
    std::filesystem::rename(config_.limits, config_.limits.string() + ".away");
    start();
    EXPECT_EQ(get("/x").status, 503);
    EXPECT_EQ(free_status(), 200);
    EXPECT_THAT(error_log(), HasSubstr("limits"));
    std::filesystem::rename(config_.limits.string() + ".away", config_.limits);
    for (int i = 0; i < 1000 && get("/x").status != 429; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));  // poll
    EXPECT_EQ(get("/x").status, 429) << "found again, with what was used";
}

TEST_F(LimitTest, AKeyOfAnAccountThatWasAddedUnderTheWorkersIsCountedAtOnce) {
    limit(quota_of(4));
    start();
    EXPECT_EQ(status_of("GET", "/x"), 200);
    ASSERT_TRUE(limits_->reserve(50'000, 1).ok());
    put_key(50'000, kPlan);
    EXPECT_EQ(let_in("GET", "/x"), 4);
    EXPECT_EQ(limits_->quota_use(50'000)->used, 4);
    put_key(90'000, kPlan);
    EXPECT_EQ(status_of("GET", "/x"), 503) << "an account without room is not let in uncounted";
}

TEST_F(LimitTest, ARedirectInsideAndAnErrorPageTakeOnce) {
    limit(quota_of(6));
    start(R"(
        location /inner/ { tallyman on; proxy_pass http://127.0.0.1:1; error_page 502 = /page; }
        location /jump { tallyman on; try_files /none /x; }
        location /page { tallyman on; return 200 page; }
)");
    EXPECT_EQ(get("/jump").status, 200);
    EXPECT_EQ(used(), 1);
    EXPECT_EQ(get("/inner/a").status, 200);
    EXPECT_EQ(used(), 2);
    EXPECT_EQ(get("/status/500").status, 500);
    EXPECT_EQ(used(), 3) << "what the upstream failed at was let in";
    EXPECT_EQ(let_in("GET", "/x"), 3);
    EXPECT_EQ(let_in("GET", "/jump"), 0);
}

TEST_F(LimitTest, WithoutTheDirectivesThereAreNoLimits) {
    config_.plan_table.clear();
    config_.limits.clear();
    limit(quota_of(1));
    start();
    EXPECT_EQ(let_in("GET", "/x"), 12);
    EXPECT_EQ(records(12).at(0).usage_plan, "");
}

TEST_F(LimitTest, OneOfTheTwoDirectivesAloneIsRefused) {
    config_.limits.clear();
    const auto text = edge::nginx_config_text(config_, true);
    ASSERT_FALSE(text.ok());
    EXPECT_THAT(text.error().message, HasSubstr("limits"));
    config_.limits = config_.folder / "limits";
    start();
    std::ifstream file(edge::nginx_config_path(config_));
    std::string whole(std::istreambuf_iterator<char>(file), {});
    const std::size_t at = whole.find("    tallyman_plan_table");
    whole.erase(at, whole.find('\n', at) - at);
    const Path half = config_.folder / "half.conf";
    std::ofstream(half) << whole;
    const auto tested =
        edge::run_command({edge::find_nginx()->string(), "-t", "-q", "-e", "stderr", "-c", half.string()});
    ASSERT_TRUE(tested.ok());
    EXPECT_NE(tested->exit_code, 0);
    EXPECT_THAT(tested->output, HasSubstr("need each other"));
}

// TALLYMAN_KEYS_TEST=1048576 for the whole size. One key more makes a table of a power of two grow its index.
TEST_F(LimitTest, AKeyIsAcceptedAtOnceInALargeTableUnderLoadWhileItGrows) {
    const char* const wanted = std::getenv("TALLYMAN_KEYS_TEST");
    const int count = wanted != nullptr ? std::atoi(wanted) : 131'072;
    std::vector<edge::KeyEntry> entries;
    entries.reserve(static_cast<std::size_t>(count));
    entries.push_back(key_entry(kKey, "key_good"));
    for (int n = 1; n < count; ++n)
        entries.push_back(key_entry(fmt::format("tm_live_{}", n), fmt::format("key_{:016}", n)));
    ASSERT_TRUE(keys_->rebuild(entries).ok());
    start();
    std::atomic<bool> stop = false;
    std::thread load([&] {
        while (!stop)
            EXPECT_EQ(flood(2, 50), (Statuses{{200, 100}}));
    });
    std::chrono::duration<double> longest{0};
    for (int n = count; n < count + 50; ++n) {
        const std::string key = fmt::format("tm_live_{}", n);
        const auto before = std::chrono::steady_clock::now();
        ASSERT_TRUE(keys_->upsert(key_entry(key, "key_new")).ok());
        EXPECT_EQ(
            send_one(port(), fmt::format("GET /x HTTP/1.1\r\nHost: a\r\nx-api-key: {}\r\n\r\n", key)).status,
            200);
        longest = std::max(longest, std::chrono::duration<double>(std::chrono::steady_clock::now() - before));
    }
    stop = true;
    load.join();
    fmt::print("{} keys: the slowest new key was accepted after {:.1f} ms under load\n", count,
               longest.count() * 1000);
    EXPECT_LT(longest.count(), 1.0);
}

}  // namespace
}  // namespace tally::test
