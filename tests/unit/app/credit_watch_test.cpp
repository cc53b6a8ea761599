#include "app/credit_watch.hpp"

#include "unit/billing/credit_parts.hpp"

#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace tally::app {
namespace {

using test::at;
using test::dec;

constexpr std::uint64_t kLease = 1000;

// The watch on a real state database and a real limit file; workers and the lake are played by the test.
class CreditWatchTest : public ::testing::Test {
  protected:
    CreditWatchTest() {
        parts.clock.jump_to(at("2026-10-15T00:00:00Z"));
        acme = parts.customer("acme");
        create_plan("unit", R"({"code":"c","meter":"requests","model":"unit","unit":"0.01"})");
        create_plan("bytes", R"({"code":"e","meter":"egress_gb","model":"unit","unit":"1.00"})");
        start();
    }

    void create_plan(const std::string& code, const std::string& charges) {
        const auto made = parts.plans.create(
            R"({"code":")" + code + R"(","name":"P","currency":"USD","charges":[)" + charges + "]}",
            billing::PlanFormat::kJson);
        EXPECT_TRUE(made.ok()) << made.error().message;
    }

    // As the server does at its start.
    void start(std::uint64_t lease = kLease) {
        watch.reset();
        limits = edge::LimitFile::open_or_create(parts.folder.path() / "limits").value();
        prepaid = std::make_unique<PrepaidCustomers>();
        ASSERT_TRUE(prepaid->load(parts.state->credits(), *limits).ok());
        watch = std::make_unique<CreditWatch>(
            CreditWatch::Parts{.store = parts.state->credits(),
                               .costs = parts.costs,
                               .usage = parts.live,
                               .limits = *limits,
                               .prepaid = *prepaid,
                               .tell_keys = [this](const CustomerId&) -> Status {
                                   if (failing)
                                       return Error{ErrorCode::kIo, "the table is full"};
                                   told.push_back(prepaid->account_of(acme.id));
                                   return {};
                               },
                               .clock = parts.clock,
                               .lease = lease});
        ASSERT_TRUE(watch->load().ok());
        if (limits->needs_rebuild()) {
            ASSERT_TRUE(limits->begin_rebuild().ok());
            ASSERT_TRUE(watch->rebuild().ok());
            ASSERT_TRUE(limits->finish_rebuild().ok());
        }
        credits = std::make_unique<billing::Credits>(parts.state->credits(), parts.customers, *watch,
                                                     parts.clock, parts.random);
    }

    billing::CreditGrant grant(const std::string& amount) {
        const auto made = credits->grant({.customer = "acme", .amount = amount, .currency = "USD"});
        EXPECT_TRUE(made.ok()) << made.error().message;
        return made.value();
    }

    edge::Allowance allowance() { return limits->allowance(1); }

    // Workers let requests in, as far as they may; how many.
    int let_in(int requests) {
        edge::Allowance now = allowance();
        int admitted = 0;
        while (admitted < requests && now.used < now.granted) {
            ++now.used;
            ++admitted;
        }
        EXPECT_TRUE(limits->set_used(1, now.used).ok());
        return admitted;
    }

    // They end and are recorded.
    void record(int requests, std::int64_t bytes = 0) {
        for (int i = 0; i < requests; ++i) {
            const Instant time = parts.clock.now();
            parts.lake.add({.meter = "requests", .customer = acme.id, .time = time});
            if (bytes > 0)
                parts.lake.add({.meter = "egress_gb", .customer = acme.id, .time = time, .value = bytes});
        }
    }

    void pass(std::chrono::milliseconds later = std::chrono::milliseconds(250)) {
        parts.clock.advance(later);
        const Status done = watch->pass();
        EXPECT_TRUE(done.ok()) << done.error().message;
    }

    test::CreditParts parts;
    accounts::Customer acme;
    std::unique_ptr<edge::LimitFile> limits;
    std::unique_ptr<PrepaidCustomers> prepaid;
    std::unique_ptr<CreditWatch> watch;
    std::unique_ptr<billing::Credits> credits;
    std::vector<std::uint32_t> told;
    bool failing = false;
};

TEST_F(CreditWatchTest, APriceForEachRequestAllowsWhatTheCreditPaysForAndNotOneMore) {
    parts.subscribe("acme", "unit");
    grant("1.00");
    EXPECT_EQ(told, std::vector<std::uint32_t>{1});
    EXPECT_EQ(allowance(), (edge::Allowance{100, 0}));
    EXPECT_EQ(let_in(60), 60);
    record(50);
    pass();
    EXPECT_EQ(let_in(100), 40);
    EXPECT_EQ(allowance().granted, 100U);
    pass();
    record(50);
    pass();
    EXPECT_EQ(let_in(1), 0);
    EXPECT_EQ(watch->prepaid_counts().stopped, 1U);
    const billing::CreditBalance balance = credits->balance("acme").value();
    EXPECT_EQ(balance.spent, dec("1.00"));
    EXPECT_EQ(balance.balance(), Decimal(0));
    EXPECT_FALSE(balance.open());
    grant("0.05");
    EXPECT_EQ(let_in(100), 5);
    EXPECT_EQ(watch->prepaid_counts().open, 0U);
}

TEST_F(CreditWatchTest, WhileThereIsPlentyTheLeaseMovesOnWithoutPricingEachRequest) {
    parts.subscribe("acme", "unit");
    start(100);
    grant("100.00");
    EXPECT_EQ(allowance().granted, 100U);
    const int reads = parts.live.reads;
    let_in(49);
    record(49);
    pass();
    EXPECT_EQ(parts.live.reads, reads);
    let_in(1);
    record(1);
    pass();
    EXPECT_GT(parts.live.reads, reads);
    EXPECT_EQ(allowance().granted, 150U);
    // Without the server it ends there.
    EXPECT_EQ(let_in(1000), 100);
}

TEST_F(CreditWatchTest, AVoidGrantTakesItsRequestsBack) {
    parts.subscribe("acme", "unit");
    grant("1.00");
    const billing::CreditGrant second = grant("1.00");
    EXPECT_EQ(let_in(150), 150);
    ASSERT_TRUE(credits->make_void(second.id.str(), "by mistake").ok());
    EXPECT_EQ(let_in(1), 0);
    record(150);
    EXPECT_EQ(credits->balance("acme").value().balance(), dec("-0.50"));
}

TEST_F(CreditWatchTest, WithoutAPlanRequestsGoOnUntilOnePricesThem) {
    grant("1.00");
    EXPECT_EQ(allowance().granted, kLease);
    let_in(600);
    record(600);
    pass();
    EXPECT_EQ(allowance().granted, kLease + 600);
    EXPECT_TRUE(credits->balance("acme").value().unpriced);
    parts.subscribe("acme", "unit");
    let_in(1);
    record(1);
    pass(std::chrono::seconds(31));
    EXPECT_EQ(let_in(1), 0);
    EXPECT_EQ(credits->balance("acme").value().balance(), dec("-5.01"));
}

TEST_F(CreditWatchTest, RequestsThatDifferAreAllowedByTheirShapeSoFar) {
    parts.subscribe("acme", "bytes");
    grant("1.00");
    // Nothing is known yet: the lease is the bound.
    EXPECT_EQ(allowance().granted, kLease);
    let_in(10);
    record(10, 40'000'000);
    pass();
    // 0.60 is left, and one request may be 0.05.
    EXPECT_EQ(allowance().granted, 22U);
    int rounds = 0;
    while (let_in(1) == 1) {
        record(1, 40'000'000);
        pass();
        ASSERT_LT(++rounds, 100);
    }
    EXPECT_EQ(allowance().used, 25U);
    EXPECT_EQ(credits->balance("acme").value().balance(), Decimal(0));
}

TEST_F(CreditWatchTest, ARequestWithoutARecordIsGivenBackAfterAnHour) {
    parts.subscribe("acme", "unit");
    grant("1.00");
    EXPECT_EQ(let_in(100), 100);
    record(97);  // three died with their worker
    pass();
    EXPECT_EQ(let_in(1), 0);
    for (int minutes = 0; minutes < 80; minutes += 5)
        pass(std::chrono::minutes(5));
    EXPECT_EQ(let_in(10), 3);
    record(3);
    EXPECT_EQ(credits->balance("acme").value().balance(), Decimal(0));
}

TEST_F(CreditWatchTest, AnotherServerGoesOnWhereTheFirstDied) {
    parts.subscribe("acme", "unit");
    grant("1.00");
    let_in(70);
    record(60);
    start();
    pass();
    EXPECT_EQ(allowance(), (edge::Allowance{100, 70}));
    record(10);
    pass();
    EXPECT_EQ(let_in(100), 30);
}

TEST_F(CreditWatchTest, ALostLimitFileIsFilledFromWhatWasRecorded) {
    parts.subscribe("acme", "unit");
    grant("1.00");
    let_in(70);
    record(60);
    watch.reset();
    limits.reset();
    std::filesystem::remove(parts.folder.path() / "limits");
    start();
    EXPECT_EQ(allowance(), (edge::Allowance{100, 60}));
    EXPECT_EQ(let_in(100), 40);
}

TEST_F(CreditWatchTest, WhoPaysLaterAgainHasNoAccountAtTheEdge) {
    parts.subscribe("acme", "unit");
    grant("1.00");
    let_in(30);
    record(30);
    const billing::CreditBalance end = credits->end("acme").value();
    EXPECT_EQ(end.spent, dec("0.30"));
    EXPECT_EQ(told, (std::vector<std::uint32_t>{1, 0}));
    EXPECT_EQ(watch->prepaid_counts().open, 0U);
    // Pays ahead again, from the same running period on.
    record(20);
    grant("1.00");
    EXPECT_EQ(told.back(), 1U);
    EXPECT_EQ(let_in(100), 50);
}

TEST_F(CreditWatchTest, WhatAPeriodCostsAnywayIsSpentWhenItBegins) {
    create_plan("base", R"({"code":"b","model":"flat","amount":"0.50"},)"
                        R"({"code":"c","meter":"requests","model":"unit","unit":"0.01"})");
    parts.subscribe("acme", "base");
    grant("2.00");
    EXPECT_EQ(allowance().granted, 150U);
    let_in(10);
    record(10);
    parts.clock.jump_to(at("2026-11-01T00:00:00Z"));
    pass();
    EXPECT_EQ(allowance().granted, 100U);
    EXPECT_EQ(credits->balance("acme").value().spent, dec("1.10"));
}

TEST_F(CreditWatchTest, WhatTheEdgeWasNotToldIsTriedAgain) {
    failing = true;
    EXPECT_FALSE(credits->grant({.customer = "acme", .amount = "1.00", .currency = "USD"}).ok());
    EXPECT_FALSE(watch->pass().ok());
    failing = false;
    pass();
    EXPECT_EQ(told, std::vector<std::uint32_t>{1});
    failing = true;
    EXPECT_FALSE(credits->end("acme").ok());
    failing = false;
    pass();
    EXPECT_EQ(told, (std::vector<std::uint32_t>{1, 0}));
}

TEST_F(CreditWatchTest, AClockThatWasSetBackHoldsNothingBackForEver) {
    parts.subscribe("acme", "unit");
    grant("1.00");
    let_in(50);
    record(50);
    pass();
    parts.clock.jump_to(parts.clock.now() - std::chrono::hours(1));
    pass();
    grant("1.00");
    EXPECT_EQ(let_in(1000), 150);
}

// Whatever comes between: requests let in, recorded late and out of turn, looks, grants, restarts.
TEST_F(CreditWatchTest, NeverMoreThanTheCreditPaysForAndInTheEndAllOfIt) {
    std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same cases each time
    const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
    create_plan("tiers", R"({"code":"c","meter":"requests","model":"graduated","included":"20",
        "tiers":[{"up_to":"100","unit":"0.03"},{"up_to":null,"unit":"0.01"}]})");
    parts.subscribe("acme", "tiers");
    start(40);
    grant("2.00");
    int granted_cents = 200;
    int under_way = 0;
    int admitted = 0;
    const auto payable = [&] {
        return 20 + (granted_cents <= 300 ? granted_cents / 3 : 100 + (granted_cents - 300));
    };
    for (int step = 0; step < 400; ++step) {
        const int came = let_in(below(12));
        under_way += came;
        admitted += came;
        const int ended = below(under_way + 1);
        record(ended);
        under_way -= ended;
        if (step % 150 == 149) {
            grant("1.00");
            granted_cents += 100;
        }
        if (step % 97 == 96)
            start(40);
        pass();
        ASSERT_LE(admitted, payable()) << "step " << step;
    }
    EXPECT_EQ(admitted, payable());
}

}  // namespace
}  // namespace tally::app
