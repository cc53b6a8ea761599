#include "state/state_database.hpp"

#include "state/connection.hpp"
#include "unit/billing/billing_parts.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace tally::state {
namespace {

TEST(StateDatabase, KeepsEverythingOverARestart) {
    const test::TempFolder folder;
    const SystemClock clock;
    SystemRandom random;
    CustomerId id;
    {
        const auto state = StateDatabase::open(folder.path() / "s.db", clock).value();
        accounts::Customers customers(state->customers(), clock, random);
        id = customers.create({.name = "Acme", .external_id = "x"}).value().id;
    }
    const auto state = StateDatabase::open(folder.path() / "s.db", clock).value();
    EXPECT_EQ(state->customers().find(id).value()->name, "Acme");
    EXPECT_EQ(state->audit_log().verify().value(), 1);
}

TEST(StateDatabase, RefusesWhatRefersToNothing) {
    test::BillingParts parts;
    const billing::Subscription orphan{.id = SubscriptionId("sub_1"),
                                       .customer = CustomerId("cus_none"),
                                       .plan_code = "none",
                                       .plan_version = 1,
                                       .from = Instant(),
                                       .to = std::nullopt,
                                       .status = billing::SubscriptionStatus::kActive,
                                       .created_at = Instant(),
                                       .canceled_at = std::nullopt};
    EXPECT_FALSE(parts.state->subscriptions().insert(orphan).ok());
}

TEST(StateDatabase, APlanVersionNeverChanges) {
    test::BillingParts parts;
    parts.plans.create(test::kProPlan, billing::PlanFormat::kJson).value();
    const auto connection = Connection::open(parts.folder.path() / "state.db").value();
    EXPECT_FALSE(connection->execute("UPDATE plans SET document = '{}'").ok());
    EXPECT_EQ(parts.plans.find("pro").value().version, 1);
}

TEST(StateDatabase, ThreadsTakeTurns) {
    test::AccountParts parts;
    std::vector<std::thread> threads;
    std::atomic<int> made = 0;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 10; ++i)
                made += parts.customers.create({.name = "c", .external_id = std::to_string(t * 10 + i)}).ok()
                            ? 1
                            : 0;
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(made, 40);
    EXPECT_EQ(parts.state->audit_log().verify().value(), 40);
}

}  // namespace
}  // namespace tally::state
