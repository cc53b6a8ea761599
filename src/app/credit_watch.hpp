#pragma once

#include "api/ports.hpp"
#include "app/prepaid_customers.hpp"
#include "base/clock.hpp"
#include "billing/credit_costs.hpp"
#include "billing/credits.hpp"
#include "edge/limit_file.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace tally::app {

// Turns money into requests: prices what each prepaid customer has used and lets the edge go on as far as the
// rest of the credit reaches, at most `lease` requests ahead. ADR 0019 has the reasoning and the bounds.
//
//   captured usage ──price──► spent ──granted - spent──► affordable requests ──set_granted──► limit file
//
// Pricing takes milliseconds to seconds, so it is done only where it can change something: see is_due().
// Thread-safe; what it is given must outlive it.
class CreditWatch final : public billing::CreditEdge, public api::CreditControl {
  public:
    struct Parts {
        billing::CreditStore& store;
        billing::CreditCosts& costs;
        billing::LiveUsage& usage;
        edge::LimitFile& limits;
        PrepaidCustomers& prepaid;
        std::function<Status(const CustomerId&)> tell_keys;  // tells the edge the customer's keys again
        const Clock& clock;
        std::uint64_t lease;
    };

    explicit CreditWatch(Parts parts) : parts_(std::move(parts)) {}

    // Takes up the accounts that there are; call it once, before all else.
    Status load();

    // Sets the allowances of a limit file that was begun anew: what is captured is what was used.
    Status rebuild();

    // One round over all customers, and once more what apply() failed to do; the first error, after all of
    // them were tried.
    Status pass();

    Status apply(const CustomerId& customer) override;
    Result<billing::CreditBalance> balance(const billing::FundedAccount& funded) override;
    api::PrepaidCounts prepaid_counts() override;

  private:
    // What the last look at a customer gave.
    struct Look {
        Microseconds at{0};    // monotonic
        Microseconds rest{0};  // until a next look at requests that differ
        Microseconds wait{0};  // until a next look while nothing is used
        std::uint64_t used = 0;
        Decimal credit;     // granted money
        std::string terms;  // of the prices
        std::optional<Instant> changes_at;
        bool exact = false;          // no request costs more than was reckoned with
        bool ends_by_money = false;  // the credit, not the lease, ends the allowance
        bool is_settled = false;     // no request is under way
    };

    struct Mark {
        Instant at;
        std::uint64_t used = 0;
    };

    struct Entry {
        billing::FundedAccount funded;
        std::deque<Mark> marks;  // in order of time
        std::optional<Look> last;
        bool is_stopped = false;
        bool is_told = true;  // the edge knows the account with each of the customer's keys
    };

    Status apply_now(const CustomerId& customer);
    Status pass_over(const CustomerId& customer);
    [[nodiscard]] bool is_due(const Entry& entry) const;
    Status look(Entry& entry);
    Result<std::uint64_t> recorded(const billing::CreditAccount& account);
    Status settle(Entry& entry, std::uint64_t used);
    void report(Entry& entry, bool is_stopped, const Decimal& spent);
    Status begin_account(const billing::FundedAccount& funded);
    Status end_account(const CustomerId& customer);

    Parts parts_;
    std::mutex mutex_;
    std::map<CustomerId, Entry> entries_;  // guarded by mutex_
    std::set<CustomerId> unapplied_;       // guarded by mutex_; whose change the edge was not told
};

}  // namespace tally::app
