#include "billing/credit_costs.hpp"

#include "base/assert.hpp"
#include "billing/invoice_pricing.hpp"
#include "billing/period_selection.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace tally::billing {

namespace {

// Requests that were under way at a period's end have ended by then.
constexpr std::chrono::hours kLateUsage{1};
// What is known of requests so far is taken with this much on top: five quarters.
const Decimal kShapeMargin = Decimal::from_coefficient(125, 2);
constexpr std::int32_t kShapeDigits = 18;

bool grows_with_each_request(const Meter& meter) {
    switch (meter.aggregation) {
        case Aggregation::kCount:
        case Aggregation::kSum:
        case Aggregation::kUnique: return true;
        default: return false;
    }
}

// The most that one request adds is known: one.
bool counts_requests(const Meter& meter) {
    return meter.aggregation == Aggregation::kCount && meter.group_by.empty();
}

}  // namespace

struct CreditCosts::Terms {
    Subscription subscription;
    rating::Plan plan;  // in the customer's zone
};

bool AccountCosts::exact() const {
    return std::all_of(running.begin(), running.end(),
                       [](const RunningPeriod& period) { return period.exact; });
}

Result<AccountCosts> CreditCosts::read(const CreditAccount& account) {
    const Instant now = parts_.clock.now();
    TRY_ASSIGN(const std::vector<Subscription> subscriptions,
               parts_.subscriptions.overlapping(account.customer, account.since, Instant::max()));
    AccountCosts costs;
    for (const Subscription& subscription : subscriptions) {
        TRY_ASSIGN(const std::optional<Terms> terms, terms_of(subscription, account));
        if (terms)
            TRY(add_subscription(*terms, account, now, costs));
    }
    return costs;
}

Result<std::optional<CreditCosts::Terms>> CreditCosts::terms_of(const Subscription& subscription,
                                                                const CreditAccount& account) {
    TRY_ASSIGN(const PlanVersion version,
               parts_.plans.find(fmt::format("{}@{}", subscription.plan_code, subscription.plan_version)));
    if (version.currency != account.currency)
        return std::optional<Terms>();
    TRY_ASSIGN(const accounts::Customer customer, parts_.customers.find(subscription.customer.str()));
    TRY_ASSIGN(const std::optional<Invoice> newest, parts_.invoices.newest_of(subscription.id));
    TRY_ASSIGN(const TimeZone zone, TimeZone::find(newest ? newest->timezone : customer.timezone));
    Terms terms;
    terms.subscription = subscription;
    TRY_ASSIGN(terms.plan, read_plan_version(version));
    terms.plan.schedule = schedule_for(terms.plan.schedule, zone);
    return std::optional(std::move(terms));
}

Status CreditCosts::add_subscription(const Terms& terms, const CreditAccount& account, Instant now,
                                     AccountCosts& costs) {
    const auto note_change = [&](Instant at) {
        costs.changes_at = std::min(costs.changes_at.value_or(at), at);
    };
    if (terms.subscription.from > now) {
        note_change(terms.subscription.from);
        return {};
    }
    TRY_ASSIGN(const std::vector<rating::Period> periods,
               periods_touching(terms.plan.schedule, terms.subscription,
                                {account.since, std::max(account.since, now) + Microseconds(1)}));
    for (const rating::Period& period : periods) {
        costs.unpriced = false;
        TRY_ASSIGN(const std::optional<Invoice> invoice,
                   parts_.invoices.find_of_period(terms.subscription.id, period));
        if (invoice && invoice->status == InvoiceStatus::kVoid)
            continue;
        if (invoice && invoice->status == InvoiceStatus::kFinal) {
            costs.closed += invoice->totals.total;
            continue;
        }
        if (period.to <= now) {
            TRY_ASSIGN(const Decimal cost, cost_of_closed(terms, period, now));
            costs.closed += cost;
            continue;
        }
        TRY_ASSIGN(RunningPeriod running, running_period(terms, period, now));
        costs.running.push_back(std::move(running));
        costs.terms += fmt::format("{} {}@{} {};", terms.subscription.id.str(), terms.subscription.plan_code,
                                   terms.subscription.plan_version, to_us(period.from));
        note_change(std::min(period.to, terms.subscription.to.value_or(period.to)));
    }
    return {};
}

Result<Decimal> CreditCosts::cost_of_closed(const Terms& terms, const rating::Period& period, Instant now) {
    const PeriodKey key{terms.subscription.id, period.from};
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = closed_.find(key); found != closed_.end())
            return found->second;
    }
    TRY_ASSIGN(const RunningPeriod priced, running_period(terms, period, now));
    TRY_ASSIGN(Decimal cost, cost_after({priced}, 0));
    if (now - period.to > kLateUsage) {
        const std::lock_guard lock(mutex_);
        closed_.emplace(key, cost);
    }
    return cost;
}

Result<RunningPeriod> CreditCosts::running_period(const Terms& terms, const rating::Period& period,
                                                  Instant now) {
    const std::optional<rating::Period> active = active_part(terms.subscription, period);
    TALLY_ASSERT(active.has_value(), "only periods with an active part are chosen");
    RunningPeriod running;
    running.plan = terms.plan;
    running.input.period = period;
    if (active->from > period.from)
        running.input.active_from = active->from;
    if (active->to < period.to)
        running.input.active_to = active->to;
    std::set<std::string> codes;
    for (const rating::Charge& charge : terms.plan.charges)
        if (!charge.meter.empty())
            codes.insert(charge.meter);
    // After the subscription's end nothing more is used of it, and before it neither.
    const bool is_used = active->from <= now && now < active->to;
    for (const std::string& code : codes)
        TRY(add_meter(terms, code, *active, running));
    if (!is_used) {
        running.per_request.clear();
        running.exact = true;
    }
    return running;
}

Status CreditCosts::add_meter(const Terms& terms, const std::string& code, const rating::Period& used,
                              RunningPeriod& out) {
    TRY_ASSIGN(const StoredMeter stored, parts_.meters.find(code));
    const Meter& meter = stored.meter;
    const CustomerId& customer = terms.subscription.customer;
    TRY_ASSIGN(const std::vector<usage::MeterReading> readings, parts_.usage.read(meter, customer, used));
    for (const usage::MeterReading& reading : readings)
        out.input.usage.push_back({code, reading.quantity, reading.group});
    if (counts_requests(meter)) {
        out.per_request.push_back({code, meter.scale, {}});
        return {};
    }
    out.exact = false;
    if (!grows_with_each_request(meter))
        return {};
    TRY_ASSIGN(const std::uint64_t requests, parts_.usage.admitted(customer, used));
    if (requests == 0)
        return {};
    const Decimal count = Decimal::from_coefficient(requests, 0);
    for (const usage::MeterReading& reading : readings)
        out.per_request.push_back(
            {code, Decimal::divide(reading.quantity * kShapeMargin, count, kShapeDigits, RoundingMode::kUp),
             reading.group});
    return {};
}

}  // namespace tally::billing
