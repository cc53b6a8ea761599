#include "billing/invoices.hpp"

#include "base/assert.hpp"
#include "billing/invoice_document.hpp"
#include "billing/invoice_pricing.hpp"
#include "billing/invoice_proof.hpp"
#include "billing/period_selection.hpp"

#include <algorithm>
#include <mutex>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace tally::billing {

namespace {

// How often a lost race for a draft is tried again; each loss means that another run moved it on.
constexpr int kRaceAttempts = 10;

// The state of the lake that the invoices of one run are made from.
struct Pin {
    std::optional<SnapshotId> snapshot;
    Instant at;
};

// A subscription with all that its invoices depend on.
struct Account {
    Subscription subscription;
    accounts::Customer customer;
    TimeZone zone = TimeZone::utc();
    rating::Plan plan;
    rating::Schedule schedule;
};

struct Job {
    std::size_t account = 0;  // into the accounts of the run
    rating::Period period;
};

Result<Invoice> seal(Invoice invoice) {
    invoice.status = InvoiceStatus::kFinal;
    invoice.keep_draft = false;
    invoice.hash = invoice_hash(invoice);
    return invoice;
}

void set_pin(Invoice& invoice, const Pin& pin) {
    invoice.snapshot = pin.snapshot;
    invoice.pinned_at = pin.at;
    invoice.stage = InvoiceStage::kPinned;
    invoice.lines.clear();
    invoice.totals = {};
}

Result<rating::Period> window_of(const PeriodChoice& choice, const Account& account) {
    if (choice.month)
        return month_in(*choice.month, account.zone);
    Result<Instant> as_of = parse_instant_or_date(choice.as_of.value_or(""), account.zone);
    if (!as_of.ok())
        return Error{as_of.error().code, as_of.error().message, "/as_of"};
    return rating::Period{account.subscription.from, *as_of};
}

// Also where there is no account to try the choice on.
Status check_choice(const PeriodChoice& choice) {
    if (choice.month && choice.as_of)
        return Error{ErrorCode::kInvalidArgument, "give a month or as_of, not both", "/as_of"};
    if (choice.month)
        TRY(month_in(*choice.month, TimeZone::utc()));
    if (choice.as_of)
        TRY(window_of(choice, Account()));
    return {};
}

Result<std::vector<rating::Period>> chosen_periods(const PeriodChoice& choice, const Account& account) {
    TRY_ASSIGN(const rating::Period window, window_of(choice, account));
    return choice.month ? periods_ending_in(account.schedule, account.subscription, window)
                        : periods_ended_by(account.schedule, account.subscription, window.to);
}

}  // namespace

struct Invoices::Impl {
    explicit Impl(Parts given) : parts(std::move(given)) {}

    Parts parts;
    std::mutex measuring;  // the meter source is asked by one thread at a time

    Result<Pin> take_pin() {
        TRY(parts.flush());
        const Instant at = parts.clock.now();
        TRY_ASSIGN(const std::optional<SnapshotId> snapshot, parts.snapshots.current("requests"));
        return Pin{snapshot, at};
    }

    Result<Account> account_of(const Subscription& subscription) {
        Account account;
        account.subscription = subscription;
        TRY_ASSIGN(account.customer, parts.customers.find(subscription.customer.str()));
        TRY_ASSIGN(account.zone, zone_of(account));
        TRY_ASSIGN(account.plan, plan_of(subscription.plan_code, subscription.plan_version));
        account.schedule = schedule_for(account.plan.schedule, account.zone);
        return account;
    }

    // A subscription that was invoiced stays in the zone of its invoices: in another one its periods would
    // overlap them or leave a gap.
    Result<TimeZone> zone_of(const Account& account) {
        TRY_ASSIGN(const std::optional<Invoice> newest, parts.store.newest_of(account.subscription.id));
        return TimeZone::find(newest ? newest->timezone : account.customer.timezone);
    }

    Result<rating::Plan> plan_of(const std::string& code, int version) {
        TRY_ASSIGN(const PlanVersion kept, parts.plans.find(fmt::format("{}@{}", code, version)));
        return read_plan_version(kept);
    }

    // Of one customer, or of all when the reference is empty; by creation.
    Result<std::vector<Account>> accounts_of(const std::string& customer) {
        std::optional<CustomerId> of;
        if (!customer.empty()) {
            TRY_ASSIGN(const accounts::Customer found, parts.customers.find(customer));
            of = found.id;
        }
        TRY_ASSIGN(const std::vector<Subscription> subscriptions,
                   parts.subscriptions.overlapping(of, Instant::min(), Instant::max()));
        std::vector<Account> all;
        for (const Subscription& subscription : subscriptions) {
            TRY_ASSIGN(Account account, account_of(subscription));
            all.push_back(std::move(account));
        }
        std::stable_sort(all.begin(), all.end(), [](const Account& a, const Account& b) {
            return std::tie(a.customer.created_at, a.customer.id) <
                   std::tie(b.customer.created_at, b.customer.id);
        });
        return all;
    }

    Result<Invoice> new_draft(const Account& account, const rating::Period& period, const Pin& pin) {
        const std::optional<rating::Period> active = active_part(account.subscription, period);
        TALLY_ASSERT(active.has_value(), "only periods with an active part are chosen");
        Invoice invoice;
        invoice.customer = account.customer.id;
        invoice.subscription = account.subscription.id;
        invoice.plan = account.subscription.plan_code;
        invoice.plan_version = account.subscription.plan_version;
        invoice.currency = account.plan.currency;
        invoice.timezone = account.zone.name();
        invoice.period = period;
        invoice.active = *active;
        TRY_ASSIGN(invoice.meter_versions, newest_meter_versions(account.plan, parts.meters));
        invoice.created_at = parts.clock.now();
        set_pin(invoice, pin);
        return invoice;
    }

    Status price(Invoice& invoice) {
        TRY_ASSIGN(const rating::Plan plan, plan_of(invoice.plan, invoice.plan_version));
        const std::lock_guard lock(measuring);
        TRY_ASSIGN(PricedContent content, price_invoice(invoice, plan, parts.meters, parts.meter_source));
        invoice.lines = std::move(content.lines);
        invoice.totals = content.totals;
        invoice.stage = InvoiceStage::kRated;
        return {};
    }

    // Takes a draft through the steps that are left. `fresh` is what a new draft would be now: a draft that
    // was only looked at (keep_draft) is made anew from it.
    Result<Invoice> finish(Invoice invoice, const Invoice& fresh, bool keep_draft) {
        if (invoice.status != InvoiceStatus::kDraft)
            return invoice;
        if (invoice.keep_draft && invoice.pinned_at != fresh.pinned_at) {
            Invoice renewed = fresh;
            renewed.id = invoice.id;
            renewed.revision = invoice.revision;
            renewed.created_at = invoice.created_at;
            renewed.keep_draft = keep_draft;
            TRY_ASSIGN(invoice, parts.store.update_draft(renewed));
        }
        if (invoice.stage == InvoiceStage::kPinned) {
            TRY(price(invoice));
            TRY_ASSIGN(invoice, parts.store.update_draft(invoice));
        }
        if (keep_draft)
            return invoice;
        return parts.store.finalize(invoice.id, invoice.revision, parts.clock.now(), seal);
    }

    // Another run may be at work on the same period: whoever loses a step reads again and goes on from there.
    Result<Invoice> make(const Account& account, const rating::Period& period, const Pin& pin,
                         const RunOptions& options) {
        TRY_ASSIGN(Invoice fresh, new_draft(account, period, pin));
        fresh.id = InvoiceId(make_id(parts.random, "inv_"));
        // What has not ended may still grow, and a final invoice never changes.
        const bool keep_draft = options.draft || period.to > fresh.pinned_at;
        fresh.keep_draft = keep_draft;
        TRY_ASSIGN(const Invoice kept, parts.store.claim(fresh, options.reissue));
        Result<Invoice> made = finish(kept, fresh, keep_draft);
        for (int attempt = 1; attempt < kRaceAttempts; ++attempt) {
            if (made.ok() || made.error().code != ErrorCode::kConflict)
                break;
            TRY_ASSIGN(const std::optional<Invoice> again, parts.store.find(kept.id));
            TALLY_ASSERT(again.has_value(), "invoices are never removed");
            made = finish(*again, fresh, keep_draft);
        }
        return made;
    }

    Result<std::vector<Invoice>> run(const RunOptions& options) {
        TRY_ASSIGN(const std::vector<Account> all, accounts_of(options.customer));
        std::vector<Job> jobs;
        for (std::size_t i = 0; i < all.size(); ++i) {
            TRY_ASSIGN(const std::vector<rating::Period> periods, chosen_periods(options.periods, all[i]));
            for (const rating::Period& period : periods)
                jobs.push_back({i, period});
        }
        TRY_ASSIGN(const Pin pin, take_pin());
        std::vector<Invoice> made;
        for (const Job& job : jobs) {
            const Account& account = all[job.account];
            Result<Invoice> invoice = make(account, job.period, pin, options);
            if (!invoice.ok())
                return invoice.error().within(
                    fmt::format("{} of {}, period from {} ({} invoices are done; run again to go on)",
                                account.subscription.id.str(), account.customer.id.str(),
                                account.zone.format(job.period.from), made.size()));
            made.push_back(std::move(*invoice));
        }
        return made;
    }

    Result<std::vector<rating::Period>> preview_periods(const PeriodChoice& choice, const Account& account) {
        if (choice.as_of)
            return chosen_periods(choice, account);
        if (choice.month) {
            TRY_ASSIGN(const rating::Period window, month_in(*choice.month, account.zone));
            return periods_touching(account.schedule, account.subscription, window);
        }
        TRY_ASSIGN(const rating::Period running, rating::period_at(account.schedule, parts.clock.now()));
        return active_part(account.subscription, running) ? std::vector{running}
                                                          : std::vector<rating::Period>();
    }

    Result<std::vector<Invoice>> preview(const PreviewOptions& options) {
        TRY_ASSIGN(const std::vector<Account> all, accounts_of(options.customer));
        TRY_ASSIGN(const Pin pin, take_pin());
        std::vector<Invoice> previews;
        for (const Account& account : all) {
            TRY_ASSIGN(const std::vector<rating::Period> periods, preview_periods(options.periods, account));
            for (const rating::Period& period : periods) {
                TRY_ASSIGN(Invoice invoice, new_draft(account, period, pin));
                TRY(price(invoice));
                previews.push_back(std::move(invoice));
            }
        }
        return previews;
    }

    Result<Invoice> find(std::string_view reference) {
        TRY_ASSIGN(std::optional<Invoice> by_id, parts.store.find(InvoiceId(std::string(reference))));
        if (by_id)
            return std::move(*by_id);
        TRY_ASSIGN(std::optional<Invoice> by_number, parts.store.find_by_number(reference));
        if (by_number)
            return std::move(*by_number);
        return Error{ErrorCode::kNotFound, fmt::format("no invoice has the id or number \"{}\"", reference)};
    }

    Result<Invoice> finalize(const Invoice& draft) {
        if (draft.status == InvoiceStatus::kVoid)
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("{} is void; run with reissue to make a new one", draft.id.str())};
        const Instant now = parts.clock.now();
        if (draft.status == InvoiceStatus::kDraft && draft.period.to > now)
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("the period of {} ends at {}; it can be finalized from then on",
                                     draft.id.str(), format_rfc3339(draft.period.to))};
        Invoice fresh = draft;
        if (draft.status == InvoiceStatus::kDraft && draft.pinned_at < draft.period.to) {
            TRY_ASSIGN(const Subscription subscription, find_subscription(draft.subscription));
            TRY_ASSIGN(const Account account, account_of(subscription));
            TRY_ASSIGN(const Pin pin, take_pin());
            TRY_ASSIGN(fresh, new_draft(account, draft.period, pin));
        }
        return finish(draft, fresh, false);
    }

    Result<Subscription> find_subscription(const SubscriptionId& id) {
        TRY_ASSIGN(std::optional<Subscription> found, parts.subscriptions.find(id));
        TALLY_ASSERT(found.has_value(), "an invoice's subscription is never removed");
        return std::move(*found);
    }

    // Empty for the first of a series and for what was never final.
    Result<std::string> hash_before(const Invoice& invoice) {
        if (invoice.sequence == 0)
            return std::string();
        if (invoice.sequence == 1)
            return std::string(64, '0');
        TRY_ASSIGN(const Invoice before, find(invoice_number(kInvoiceSeries, invoice.sequence - 1)));
        return before.hash;
    }

    Result<Proof> prove(const Invoice& invoice) {
        if (invoice.stage != InvoiceStage::kRated)
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("{} has no amounts yet; run its period first", invoice.id.str())};
        TRY_ASSIGN(const rating::Plan plan, plan_of(invoice.plan, invoice.plan_version));
        TRY_ASSIGN(const std::string previous_hash, hash_before(invoice));
        const std::lock_guard lock(measuring);
        TRY_ASSIGN(const PricedContent again, price_invoice(invoice, plan, parts.meters, parts.meter_source));
        return prove_invoice(invoice, again, previous_hash);
    }
};

Invoices::Invoices(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}

Invoices::~Invoices() = default;

Result<std::vector<Invoice>> Invoices::preview(const PreviewOptions& options) {
    TRY(check_choice(options.periods));
    return impl_->preview(options);
}

Result<std::vector<Invoice>> Invoices::run(const RunOptions& options) {
    if (!options.periods.month && !options.periods.as_of)
        return Error{ErrorCode::kInvalidArgument, "say which periods: a month, or as_of", "/month"};
    TRY(check_choice(options.periods));
    return impl_->run(options);
}

Result<Invoice> Invoices::find(std::string_view reference) {
    return impl_->find(reference);
}

Result<accounts::Page<Invoice>> Invoices::list(std::string_view customer, std::optional<InvoiceStatus> status,
                                               const accounts::PageRequest& page) {
    TRY(accounts::check_page(page));
    InvoiceFilter filter{.customer = std::nullopt, .status = status};
    if (!customer.empty()) {
        TRY_ASSIGN(const accounts::Customer found, impl_->parts.customers.find(customer));
        filter.customer = found.id;
    }
    return impl_->parts.store.list(filter, page);
}

Result<Invoice> Invoices::finalize(std::string_view reference) {
    TRY_ASSIGN(const Invoice invoice, impl_->find(reference));
    return impl_->finalize(invoice);
}

Result<Invoice> Invoices::make_void(std::string_view reference, std::string_view reason) {
    TRY_ASSIGN(const Invoice invoice, impl_->find(reference));
    return impl_->parts.store.make_void(invoice.id, impl_->parts.clock.now(), reason);
}

Result<Proof> Invoices::prove(std::string_view reference) {
    TRY_ASSIGN(const Invoice invoice, impl_->find(reference));
    return impl_->prove(invoice);
}

}  // namespace tally::billing
