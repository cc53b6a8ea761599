#pragma once

#include "accounts/audit_log.hpp"
#include "accounts/customers.hpp"
#include "accounts/idempotency.hpp"
#include "accounts/keys.hpp"
#include "accounts/usage_plans.hpp"
#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "billing/credits.hpp"
#include "billing/invoice_ports.hpp"
#include "billing/meters.hpp"
#include "billing/plans.hpp"
#include "billing/subscriptions.hpp"
#include "lake/catalog.hpp"

#include <memory>

namespace tally::state {

// The state database of a data folder: SQLite in WAL mode, synchronous=FULL (a commit that returned survives
// power loss). Format: docs/formats/state-db.md.
//
// Threads: one connection behind one mutex; any thread may call any store, calls wait for each other. Several
// processes may open the same file; a writer waits for another up to 10 s, then gets kUnavailable.
// Failure: a call that returns an error left nothing behind, except kUnknownOutcome from a commit whose
// answer was lost (disk error while committing).
class StateDatabase {
  public:
    // Creates the file when it is not there, and brings an older schema up to date. kUnsupported, with
    // nothing changed, when a newer version of the program wrote it. `clock` stamps audit entries and must
    // outlive it.
    static Result<std::unique_ptr<StateDatabase>> open(const Path& file, const Clock& clock);
    ~StateDatabase();

    accounts::CustomerStore& customers();
    accounts::KeyStore& keys();
    accounts::UsagePlanStore& usage_plans();
    accounts::IdempotencyStore& idempotency();
    accounts::AuditLog& audit_log();
    billing::MeterStore& meters();
    billing::PlanStore& plans();
    billing::SubscriptionStore& subscriptions();
    billing::InvoiceStore& invoices();
    billing::CreditStore& credits();
    lake::TablePointerStore& table_pointers();

    [[nodiscard]] int schema_version() const;

  private:
    struct Impl;
    explicit StateDatabase(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::state
