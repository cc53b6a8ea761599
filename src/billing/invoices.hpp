#pragma once

#include "accounts/customers.hpp"
#include "accounts/page.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "billing/invoice.hpp"
#include "billing/invoice_ports.hpp"
#include "billing/meters.hpp"
#include "billing/plans.hpp"
#include "billing/subscriptions.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::billing {

// Which periods are asked for; at most one of the two is set.
struct PeriodChoice {
    // "2026-10": periods that end within that month of the customer's zone, its last midnight included. For a
    // calendar month plan that is the month itself.
    std::optional<std::string> month = {};
    // RFC 3339 or a date in the customer's zone: every period that has ended by then.
    std::optional<std::string> as_of = {};
};

struct RunOptions {
    PeriodChoice periods;
    std::string customer = {};  // id, external id or unique name; empty = all
    bool draft = false;         // leave the invoices as drafts; those of running periods are drafts anyway
    bool reissue = false;       // make a new invoice where the period's only one is void
};

struct PreviewOptions {
    // Nothing set = the period that is running now. A month takes the periods that begin in it, too, so that
    // a running one is seen.
    PeriodChoice periods = {};
    std::string customer = {};
};

// One line of a proof: what the stored snapshot, meter version and plan version give today.
struct ProvedLine {
    std::string charge;
    std::optional<rating::Dimensions> group;
    std::optional<SnapshotId> snapshot;
    std::int64_t rows = 0;
    Decimal quantity;
    Decimal amount;
    std::string digest;
    bool proved = false;
    std::string difference;  // "rows: invoice 12, lake 13; …"; empty iff proved
};

struct Proof {
    InvoiceId id;
    std::string number;
    std::vector<ProvedLine> lines;
    std::vector<std::string> differences;  // beyond single lines: totals, hash
    bool proved = false;                   // every line proved and no other difference
};

// Makes, keeps and proves invoices. Thread-safe: two runs at a time give the same invoices as one. What it is
// given must outlive it.
//
// A run: flush, take the snapshot, then for each subscription and period: claim (kPinned) -> measure and rate
// (kRated) -> finalize (number, hash). Each step is durable before the next; a run that was killed is simply
// started again and goes on from the last step with the snapshot that was taken then.
class Invoices {
  public:
    struct Parts {
        InvoiceStore& store;
        SubscriptionStore& subscriptions;
        accounts::Customers& customers;
        Plans& plans;
        Meters& meters;
        MeterSource& meter_source;
        SnapshotSource& snapshots;
        FlushFunction flush;
        const Clock& clock;
        RandomSource& random;
    };

    explicit Invoices(Parts parts);
    ~Invoices();

    // Prices without keeping anything; also running periods, as far as they have come.
    Result<std::vector<Invoice>> preview(const PreviewOptions& options);

    // The invoices of the chosen periods, made now or before, in the order of customer, subscription, period.
    // A period that has not come to its end in the customer's zone gives a draft, which each later run
    // measures anew, and which becomes final with the first run after the end. An error half-way leaves the
    // invoices that are done; the message names the subscription, and a repeated run goes on.
    Result<std::vector<Invoice>> run(const RunOptions& options);

    // By id or number; kNotFound.
    Result<Invoice> find(std::string_view reference);
    // `customer`: id, external id or unique name; empty = of all.
    Result<accounts::Page<Invoice>> list(std::string_view customer, std::optional<InvoiceStatus> status,
                                         const accounts::PageRequest& page);
    // Numbers a draft. A draft whose snapshot was taken before its period ended is measured again first;
    // kInvalidArgument while the period has not ended.
    Result<Invoice> finalize(std::string_view reference);
    Result<Invoice> make_void(std::string_view reference, std::string_view reason);
    // Runs the invoice again from its snapshot, meter versions and plan version. A difference is data, not an
    // error; an error means that it could not be run again.
    Result<Proof> prove(std::string_view reference);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::billing
