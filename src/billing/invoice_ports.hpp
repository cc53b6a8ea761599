#pragma once

#include "accounts/page.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "billing/invoice.hpp"
#include "model/meter.hpp"
#include "rating/periods.hpp"
#include "usage/usage.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What invoices need from outside.
namespace tally::billing {

// Reads meters at a fixed snapshot, alone (without what is captured beyond it): the same question gives the
// same answer for ever. app implements it with usage::measure. Called by one thread at a time.
class MeterSource {
  public:
    virtual ~MeterSource() = default;
    [[nodiscard]] virtual Result<std::vector<usage::MeterReading>> read(const Meter& meter,
                                                                        const CustomerId& customer,
                                                                        const rating::Period& period,
                                                                        SnapshotId snapshot) = 0;
};

// The current snapshot of the lake's table behind a meter source ("requests"); nullopt when the table is
// empty or not there. app implements it over lake::Table. Thread-safe.
class SnapshotSource {
  public:
    virtual ~SnapshotSource() = default;
    [[nodiscard]] virtual Result<std::optional<SnapshotId>> current(std::string_view source) = 0;
};

// Delivers everything that is captured, so that the snapshot taken after it holds it. app binds it to
// Delivery::flush.
using FlushFunction = std::function<Status()>;

struct InvoiceFilter {
    std::optional<CustomerId> customer;
    std::optional<InvoiceStatus> status;
};

// Keeps invoices. A port: state/ implements it. Thread-safe; every call is one transaction, durable when it
// returns success; after a failure nothing of it is there.
class InvoiceStore {
  public:
    virtual ~InvoiceStore() = default;

    // Takes the subscription's period for `draft`, or gives the invoice that has it already. A void invoice
    // has it too, unless `reissue`. kConflict when another invoice, not void, has a part of the period. So no
    // two invoices that are not void ever share an instant of a subscription.
    [[nodiscard]] virtual Result<Invoice> claim(const Invoice& draft, bool reissue) = 0;
    // Replaces a draft. kConflict when it is no draft any more or its revision is not draft.revision; the
    // kept one has the next revision.
    [[nodiscard]] virtual Result<Invoice> update_draft(const Invoice& draft) = 0;
    // Gives the draft the next number of the series and what `seal` makes of it, in one step: a number is
    // used if and only if its invoice is kept. `seal` is pure and gets the invoice with number, sequence,
    // previous_hash and finalized_at set. A final invoice is returned as it is. kConflict for a draft of
    // another revision or not rated, and for a void one.
    using Seal = std::function<Result<Invoice>(Invoice)>;
    [[nodiscard]] virtual Result<Invoice> finalize(const InvoiceId& id, std::int64_t revision, Instant at,
                                                   const Seal& seal) = 0;
    // A void invoice keeps its number and content, and stays void since the first time.
    [[nodiscard]] virtual Result<Invoice> make_void(const InvoiceId& id, Instant at,
                                                    std::string_view reason) = 0;
    [[nodiscard]] virtual Result<std::optional<Invoice>> find(const InvoiceId& id) = 0;
    [[nodiscard]] virtual Result<std::optional<Invoice>> find_by_number(std::string_view number) = 0;
    // The one that has the subscription's period: not void, else the newest void one.
    [[nodiscard]] virtual Result<std::optional<Invoice>> find_of_period(const SubscriptionId& subscription,
                                                                        const rating::Period& period) = 0;
    // The newest of the subscription that is not void.
    [[nodiscard]] virtual Result<std::optional<Invoice>> newest_of(const SubscriptionId& subscription) = 0;
    [[nodiscard]] virtual Result<accounts::Page<Invoice>> list(const InvoiceFilter& filter,
                                                               const accounts::PageRequest& page) = 0;
};

}  // namespace tally::billing
