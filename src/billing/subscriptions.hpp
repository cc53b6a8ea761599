#pragma once

#include "accounts/customers.hpp"
#include "accounts/page.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "base/time_zone.hpp"
#include "billing/plans.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::billing {

enum class SubscriptionStatus { kActive, kCanceled };

// A customer pays by one version of one plan from `from` to `to`. A customer may have several at a time.
struct Subscription {
    SubscriptionId id;  // sub_…
    CustomerId customer;
    std::string plan_code;
    int plan_version = 1;
    Instant from;
    std::optional<Instant> to;  // exclusive; nullopt = without end
    SubscriptionStatus status = SubscriptionStatus::kActive;
    Instant created_at;
    std::optional<Instant> canceled_at;  // when it was said, not when it ends
};

struct NewSubscription {
    std::string customer;   // id, external id or unique name
    std::string plan;       // id, code or "code@version"
    std::string from = {};  // RFC 3339, or a date for local midnight of the customer's zone; empty = now
    std::string to = {};    // the same; empty = without end
};

// A port: state/ implements it. Thread-safe; a write is durable when it returns success.
class SubscriptionStore {
  public:
    virtual ~SubscriptionStore() = default;
    [[nodiscard]] virtual Status insert(const Subscription& subscription) = 0;
    // Writes status, to and canceled_at. kNotFound.
    [[nodiscard]] virtual Status update(const Subscription& subscription) = 0;
    [[nodiscard]] virtual Result<std::optional<Subscription>> find(const SubscriptionId& id) = 0;
    // `customer` nullopt = of all.
    [[nodiscard]] virtual Result<accounts::Page<Subscription>> list(const std::optional<CustomerId>& customer,
                                                                    const accounts::PageRequest& page) = 0;
    // Those of the customer (nullopt = of all) that start before `to` and end after `from`, by creation.
    [[nodiscard]] virtual Result<std::vector<Subscription>> overlapping(
        const std::optional<CustomerId>& customer, Instant from, Instant to) = 0;
};

// The rules of subscriptions. Thread-safe; what it is given must outlive it.
class Subscriptions {
  public:
    Subscriptions(SubscriptionStore& store, accounts::Customers& customers, Plans& plans, const Clock& clock,
                  RandomSource& random);

    // The plan version must be published and one that invoices can be made from (see check_billable).
    Result<Subscription> create(const NewSubscription& wanted);
    Result<Subscription> find(std::string_view id);
    // Ends it at `at` (as NewSubscription::to; empty = now). Periods that are invoiced already stay as they
    // are.
    Result<Subscription> cancel(std::string_view id, std::string_view at);
    // `customer`: id, external id or unique name; empty = of all.
    Result<accounts::Page<Subscription>> list(std::string_view customer, const accounts::PageRequest& page);

  private:
    SubscriptionStore& store_;
    accounts::Customers& customers_;
    Plans& plans_;
    const Clock& clock_;
    RandomSource& random_;
};

// kUnsupported, with a pointer to the charge, for models that need each event of a meter: invoices are made
// from aggregated readings.
Status check_billable(const rating::Plan& plan);

// An instant as people give it: RFC 3339, or "2026-10-01" for local midnight in `zone`.
Result<Instant> parse_instant_or_date(std::string_view text, const TimeZone& zone);

}  // namespace tally::billing
