#pragma once

#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "base/result.hpp"
#include "billing/credits.hpp"
#include "billing/invoice_ports.hpp"
#include "billing/meters.hpp"
#include "billing/plans.hpp"
#include "billing/request_budget.hpp"
#include "billing/subscriptions.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tally::billing {

// Usage up to this moment: the lake and what is captured beyond it. A port: app implements it over the query
// engine. Thread-safe.
class LiveUsage {
  public:
    virtual ~LiveUsage() = default;
    [[nodiscard]] virtual Result<std::vector<usage::MeterReading>> read(const Meter& meter,
                                                                        const CustomerId& customer,
                                                                        const rating::Period& period) = 0;
    // How many requests of the customer the edge let in.
    [[nodiscard]] virtual Result<std::uint64_t> admitted(const CustomerId& customer,
                                                         const rating::Period& period) = 0;
};

// What an account's periods come to.
struct AccountCosts {
    Decimal closed;                      // of those that are over
    std::vector<RunningPeriod> running;  // of those that are not
    bool unpriced = true;                // there is no period at all
    // Names all that decides what a further request can cost, but for the usage itself.
    std::string terms;
    std::optional<Instant> changes_at;  // when a period begins or ends next

    // Every request costs at most what its period's per_request says.
    [[nodiscard]] bool exact() const;
};

// Prices what prepaid customers use. An account's periods are those of the customer's subscriptions in the
// account's currency that end after the account's begin; each costs what its invoice says, nothing where that
// is void, and what it would say now where there is none yet. Thread-safe; what it is given must outlive it.
class CreditCosts {
  public:
    struct Parts {
        InvoiceStore& invoices;
        SubscriptionStore& subscriptions;
        accounts::Customers& customers;
        Plans& plans;
        Meters& meters;
        LiveUsage& usage;
        const Clock& clock;
    };

    explicit CreditCosts(Parts parts) : parts_(parts) {}

    Result<AccountCosts> read(const CreditAccount& account);

  private:
    struct Terms;  // of one subscription
    using PeriodKey = std::pair<SubscriptionId, Instant>;

    Result<std::optional<Terms>> terms_of(const Subscription& subscription, const CreditAccount& account);
    Status add_subscription(const Terms& terms, const CreditAccount& account, Instant now,
                            AccountCosts& costs);
    Result<Decimal> cost_of_closed(const Terms& terms, const rating::Period& period, Instant now);
    Result<RunningPeriod> running_period(const Terms& terms, const rating::Period& period, Instant now);
    Status add_meter(const Terms& terms, const std::string& code, const rating::Period& used,
                     RunningPeriod& out);

    Parts parts_;
    std::mutex mutex_;
    std::map<PeriodKey, Decimal> closed_;  // guarded by mutex_; no late request comes to these any more
};

}  // namespace tally::billing
