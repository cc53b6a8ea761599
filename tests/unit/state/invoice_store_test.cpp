#include "billing/invoice_ports.hpp"
#include "state/connection.hpp"
#include "unit/billing/billing_parts.hpp"

#include <set>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::state {
namespace {

using billing::Invoice;
using billing::InvoiceStatus;

constexpr int kCustomers = 8;

class InvoiceStoreTest : public ::testing::Test {
  protected:
    InvoiceStoreTest() {
        parts.plans.create(test::kProPlan, billing::PlanFormat::kJson).value();
        for (int i = 0; i < kCustomers; ++i) {
            const accounts::Customer customer = parts.customer(fmt::format("c{}", i));
            parts.subscribe(customer.external_id, "pro", "2026-09-01");
            parts.requests(customer, "2026-09-05T00:00:00Z", i + 1);
        }
    }

    Result<std::vector<Invoice>> run() { return parts.invoices.run({.periods = {.month = "2026-09"}}); }

    std::vector<Invoice> all() { return parts.invoices.list("", std::nullopt, {.limit = 1000}).value().data; }

    // One final invoice a customer, numbers without a gap, each chained to the one before, all provable.
    void expect_whole() {
        std::vector<Invoice> invoices = all();
        ASSERT_EQ(invoices.size(), static_cast<std::size_t>(kCustomers));
        std::sort(invoices.begin(), invoices.end(),
                  [](const Invoice& a, const Invoice& b) { return a.sequence < b.sequence; });
        std::set<std::string> subscriptions;
        std::string previous(64, '0');
        for (std::size_t i = 0; i < invoices.size(); ++i) {
            EXPECT_EQ(invoices[i].status, InvoiceStatus::kFinal);
            EXPECT_EQ(invoices[i].number, fmt::format("INV-{:06}", i + 1));
            EXPECT_EQ(invoices[i].previous_hash, previous);
            previous = invoices[i].hash;
            subscriptions.insert(invoices[i].subscription.str());
            EXPECT_TRUE(parts.invoices.prove(invoices[i].id.str()).value().proved);
        }
        EXPECT_EQ(subscriptions.size(), invoices.size());
        EXPECT_TRUE(parts.state->audit_log().verify().ok());
    }

    test::BillingParts parts;
};

TEST_F(InvoiceStoreTest, RunsAtOnceMakeEachInvoiceOnce) {
    ASSERT_TRUE(parts.lake.commit().ok());
    // A second connection, as another process would have.
    const auto other = StateDatabase::open(parts.folder.path() / "state.db", parts.clock).value();
    billing::Invoices others({.store = other->invoices(),
                              .subscriptions = other->subscriptions(),
                              .customers = parts.customers,
                              .plans = parts.plans,
                              .meters = parts.meters,
                              .meter_source = parts.lake,
                              .snapshots = parts.lake,
                              .flush = [] { return Status(); },
                              .clock = parts.clock,
                              .random = parts.random});
    billing::Invoices ours({.store = parts.state->invoices(),
                            .subscriptions = parts.state->subscriptions(),
                            .customers = parts.customers,
                            .plans = parts.plans,
                            .meters = parts.meters,
                            .meter_source = parts.lake,
                            .snapshots = parts.lake,
                            .flush = [] { return Status(); },
                            .clock = parts.clock,
                            .random = parts.random});
    std::vector<std::thread> threads;
    std::atomic<int> failed = 0;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            const auto made = (i % 2 == 0 ? ours : others).run({.periods = {.month = "2026-09"}});
            if (!made.ok() || made->size() != kCustomers)
                ++failed;
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(failed, 0);
    expect_whole();
}

// Every write of a run made to fail in turn; afterwards a plain run ends as if nothing had been.
TEST_F(InvoiceStoreTest, AFailureAtAnyStepLeavesNoGap) {
    const std::vector<std::string> steps = {
        "BEFORE INSERT ON invoices",
        "BEFORE UPDATE ON invoices WHEN NEW.status = 'draft'",
        "AFTER UPDATE ON invoices WHEN NEW.status = 'draft'",
        "BEFORE UPDATE ON invoices WHEN NEW.status = 'final'",
        "AFTER UPDATE ON invoices WHEN NEW.status = 'final'",
        "BEFORE INSERT ON invoice_series",
        "BEFORE UPDATE ON invoice_series",
        "AFTER UPDATE ON invoice_series WHEN NEW.last_sequence = 5",
        "BEFORE INSERT ON audit_log WHEN NEW.action = 'invoice.create'",
        "BEFORE INSERT ON audit_log WHEN NEW.action = 'invoice.finalize'",
    };
    const auto connection = Connection::open(parts.folder.path() / "state.db").value();
    for (const std::string& step : steps) {
        ASSERT_TRUE(connection
                        ->execute("CREATE TRIGGER fail_here " + step +
                                  " BEGIN SELECT RAISE(ABORT, 'injected failure'); END")
                        .ok());
        EXPECT_FALSE(run().ok()) << step;
        ASSERT_TRUE(connection->execute("DROP TRIGGER fail_here").ok());
        std::int64_t expected = 0;
        for (const Invoice& invoice : all())
            if (invoice.status == InvoiceStatus::kFinal) {
                EXPECT_EQ(invoice.sequence, ++expected) << step;
            }
    }
    ASSERT_TRUE(run().ok());
    expect_whole();
}

TEST_F(InvoiceStoreTest, ALostRaceIsAConflict) {
    const Invoice draft =
        parts.invoices.run({.periods = {.month = "2026-09"}, .customer = "c0", .draft = true})
            .value()
            .front();
    billing::InvoiceStore& store = parts.state->invoices();
    Invoice stale = draft;
    stale.revision -= 1;
    EXPECT_EQ(store.update_draft(stale).error().code, ErrorCode::kConflict);
    const auto never = [](Invoice) -> Result<Invoice> {
        return Error{ErrorCode::kInternal, "must not be asked"};
    };
    EXPECT_EQ(store.finalize(draft.id, draft.revision - 1, Instant(), never).error().code,
              ErrorCode::kConflict);
    ASSERT_TRUE(store.make_void(draft.id, parts.clock.now(), "no").ok());
    EXPECT_EQ(store.update_draft(draft).error().code, ErrorCode::kConflict);
    EXPECT_EQ(store.finalize(draft.id, draft.revision, Instant(), never).error().code, ErrorCode::kConflict);
    EXPECT_EQ(store.finalize(InvoiceId("inv_none"), 0, Instant(), never).error().code, ErrorCode::kNotFound);
}

TEST_F(InvoiceStoreTest, PeriodsOfASubscriptionNeverOverlap) {
    Invoice other = parts.invoices.run({.periods = {.month = "2026-09"}, .customer = "c0"}).value().front();
    billing::InvoiceStore& store = parts.state->invoices();
    EXPECT_EQ(store.newest_of(other.subscription).value()->id, other.id);
    other.id = InvoiceId("inv_other");
    other.number.clear();
    other.status = InvoiceStatus::kDraft;
    other.period.to += std::chrono::hours(9);
    const Result<Invoice> claimed = store.claim(other, false);
    ASSERT_FALSE(claimed.ok());
    EXPECT_EQ(claimed.error().code, ErrorCode::kConflict);
    other.period.from = other.period.to - std::chrono::hours(9);
    EXPECT_TRUE(store.claim(other, false).ok()) << "the next period begins where the one before ends";
}

TEST_F(InvoiceStoreTest, AFailedSealUsesNoNumber) {
    const Invoice draft =
        parts.invoices.run({.periods = {.month = "2026-09"}, .customer = "c0", .draft = true})
            .value()
            .front();
    const auto failing = [](Invoice) -> Result<Invoice> { return Error{ErrorCode::kInternal, "no"}; };
    EXPECT_FALSE(parts.state->invoices().finalize(draft.id, draft.revision, Instant(), failing).ok());
    EXPECT_EQ(parts.invoices.finalize(draft.id.str()).value().number, "INV-000001");
}

TEST_F(InvoiceStoreTest, ListsByCustomerStatusAndPage) {
    run().value();
    parts.invoices.make_void("INV-000002", "test").value();
    EXPECT_EQ(parts.invoices.list("c1", std::nullopt, {}).value().data.size(), 1U);
    EXPECT_EQ(parts.invoices.list("", InvoiceStatus::kVoid, {}).value().data.size(), 1U);
    EXPECT_EQ(parts.invoices.list("", InvoiceStatus::kFinal, {}).value().data.size(), kCustomers - 1U);
    const auto page = parts.invoices.list("", std::nullopt, {.limit = 3}).value();
    ASSERT_EQ(page.data.size(), 3U);
    EXPECT_EQ(
        parts.invoices.list("", std::nullopt, {.limit = 100, .cursor = page.next_cursor}).value().data.size(),
        kCustomers - 3U);
}

// An amount changed in the database itself.
TEST_F(InvoiceStoreTest, AChangedRowIsFoundByItsProof) {
    run().value();
    const auto connection = Connection::open(parts.folder.path() / "state.db").value();
    ASSERT_EQ(connection
                  ->execute("UPDATE invoices SET document = replace(document, '\"amount\":\"49.00\"', "
                            "'\"amount\":\"49.01\"') WHERE number = 'INV-000003'")
                  .value(),
              1);
    const billing::Proof proof = parts.invoices.prove("INV-000003").value();
    EXPECT_FALSE(proof.proved);
    EXPECT_NE(proof.lines[0].difference.find("amount: the invoice says 49.01, the records give 49.00"),
              std::string::npos)
        << proof.lines[0].difference;
    EXPECT_TRUE(parts.invoices.prove("INV-000002").value().proved);
    EXPECT_FALSE(connection->execute("DELETE FROM invoices WHERE number = 'INV-000003'").ok());
}

}  // namespace
}  // namespace tally::state
