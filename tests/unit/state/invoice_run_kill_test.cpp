#include "billing/invoices.hpp"
#include "unit/billing/billing_parts.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <random>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::state {
namespace {

constexpr int kCustomers = 12;
constexpr int kKillsMin = 20;

// The same lake in every process.
void fill(test::FakeLake& lake, const std::vector<accounts::Customer>& customers) {
    for (std::size_t i = 0; i < customers.size(); ++i)
        for (std::size_t n = 0; n <= i; ++n)
            lake.add(
                {.meter = "requests", .customer = customers[i].id, .time = test::at("2026-09-05T00:00:00Z")});
    EXPECT_TRUE(lake.commit().ok());
}

// What a server process does: opens the database and runs the month.
Result<std::vector<billing::Invoice>> run_month(const Path& file,
                                                const std::vector<accounts::Customer>& people) {
    ManualClock clock(test::at("2026-10-02T00:00:00Z"));
    SystemRandom random;
    const auto state = StateDatabase::open(file, clock).value();
    accounts::Customers customers(state->customers(), clock, random);
    test::FakeLake lake;
    fill(lake, people);
    billing::Meters meters(
        state->meters(), test::built_in_meters_for_test(), [](const Meter&) { return Status(); }, clock,
        random);
    billing::Plans plans(state->plans(), meters, clock, random);
    billing::Invoices invoices({.store = state->invoices(),
                                .subscriptions = state->subscriptions(),
                                .customers = customers,
                                .plans = plans,
                                .meters = meters,
                                .meter_source = lake,
                                .snapshots = lake,
                                .flush = [] { return Status(); },
                                .clock = clock,
                                .random = random});
    TRY_ASSIGN(auto made, invoices.run({.periods = {.month = "2026-09"}}));
    for (const billing::Invoice& invoice : made) {
        TRY_ASSIGN(const billing::Proof proof, invoices.prove(invoice.number));
        if (!proof.proved)
            return Error{ErrorCode::kDifference, invoice.number};
    }
    return made;
}

// The calling process is killed in `delay`, wherever it is by then.
void kill_me_in(std::chrono::microseconds delay) {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGKILL;
    timer_t timer{};
    itimerspec at{};
    at.it_value.tv_sec = delay.count() / 1'000'000;
    at.it_value.tv_nsec = delay.count() % 1'000'000 * 1000 + 1;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || ::timer_settime(timer, 0, &at, nullptr) != 0)
        ::_exit(2);
}

// A run in a process of its own; true when it was killed before its end.
bool run_and_kill(const Path& file, const std::vector<accounts::Customer>& people,
                  std::chrono::microseconds delay) {
    const pid_t child = ::fork();
    if (child == 0) {
        kill_me_in(delay);
        ::_exit(run_month(file, people).ok() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    EXPECT_TRUE(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << "a run after a kill failed";
    return killed;
}

// A folder with customers and subscriptions, and no open connection.
std::vector<accounts::Customer> prepare(const Path& file) {
    ManualClock clock(test::at("2026-08-01T00:00:00Z"));
    SystemRandom random;
    const auto state = StateDatabase::open(file, clock).value();
    accounts::Customers customers(state->customers(), clock, random);
    billing::Meters meters(
        state->meters(), test::built_in_meters_for_test(), [](const Meter&) { return Status(); }, clock,
        random);
    billing::Plans plans(state->plans(), meters, clock, random);
    billing::Subscriptions subscriptions(state->subscriptions(), customers, plans, clock, random);
    plans.create(test::kProPlan, billing::PlanFormat::kJson).value();
    std::vector<accounts::Customer> made;
    for (int i = 0; i < kCustomers; ++i) {
        made.push_back(customers.create({.name = fmt::format("c{}", i)}).value());
        subscriptions.create({.customer = made.back().id.str(), .plan = "pro", .from = "2026-08-01"}).value();
    }
    return made;
}

void expect_whole(const std::vector<billing::Invoice>& invoices) {
    ASSERT_EQ(invoices.size(), static_cast<std::size_t>(kCustomers));
    std::set<std::string> numbers;
    std::set<std::string> subscriptions;
    for (const billing::Invoice& invoice : invoices) {
        EXPECT_EQ(invoice.status, billing::InvoiceStatus::kFinal);
        numbers.insert(invoice.number);
        subscriptions.insert(invoice.subscription.str());
    }
    EXPECT_EQ(subscriptions.size(), invoices.size()) << "one invoice a subscription";
    EXPECT_EQ(numbers.size(), invoices.size());
    EXPECT_EQ(*numbers.begin(), "INV-000001");
    EXPECT_EQ(*numbers.rbegin(), fmt::format("INV-{:06}", kCustomers)) << "no gap";
}

// How many of the month's invoices are final, in a folder that nobody has open.
std::size_t count_final(const Path& file) {
    ManualClock clock(test::at("2026-10-02T00:00:00Z"));
    const auto state = StateDatabase::open(file, clock).value();
    EXPECT_TRUE(state->audit_log().verify().ok());
    const billing::InvoiceFilter only_final{.customer = std::nullopt,
                                            .status = billing::InvoiceStatus::kFinal};
    return state->invoices().list(only_final, {.limit = 1000}).value().data.size();
}

// How long a run takes that nobody kills, so that the kills fall into it on any machine.
std::chrono::microseconds time_a_run() {
    const test::TempFolder folder;
    const Path file = folder.path() / "state.db";
    const std::vector<accounts::Customer> people = prepare(file);
    const SystemClock clock;
    const Microseconds begun = clock.monotonic();
    EXPECT_TRUE(run_month(file, people).ok());
    return clock.monotonic() - begun;
}

// Folders one after the other: each is run and killed until a run comes to its end, then run once more.
TEST(InvoiceRunKill, ARunKilledAnywhereGoesOn) {
    const char* given = std::getenv("TALLYMAN_TEST_SEED");
    const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
    std::mt19937 random(seed);
    const std::chrono::microseconds whole_run = time_a_run();
    int kills = 0;
    int half_way = 0;
    for (int round = 0; round < 100 && (kills < kKillsMin || half_way == 0); ++round) {
        const test::TempFolder folder;
        const Path file = folder.path() / "state.db";
        const std::vector<accounts::Customer> people = prepare(file);
        for (int attempt = 0; attempt < 6; ++attempt) {
            if (!run_and_kill(
                    file, people,
                    std::chrono::microseconds(static_cast<std::int64_t>(random()) % whole_run.count())))
                break;
            ++kills;
            const std::size_t done = count_final(file);
            half_way += done > 0 && done < kCustomers ? 1 : 0;
        }
        const auto made = run_month(file, people);
        ASSERT_TRUE(made.ok()) << "TALLYMAN_TEST_SEED=" << seed << ": " << made.error().message;
        expect_whole(*made);
        EXPECT_EQ(count_final(file), static_cast<std::size_t>(kCustomers));
        ASSERT_FALSE(HasFailure()) << "TALLYMAN_TEST_SEED=" << seed;
    }
    EXPECT_GE(kills, kKillsMin);
    EXPECT_GT(half_way, 0);
}

}  // namespace
}  // namespace tally::state
