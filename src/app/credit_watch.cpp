#include "app/credit_watch.hpp"

#include "app/log.hpp"
#include "billing/request_budget.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace tally::app {
namespace {

// Prices may have changed meanwhile (a new subscription, an invoice made void).
constexpr std::chrono::seconds kLookAgain{30};
// The longest wait for a customer about whom nothing changes, with requests under way and without.
constexpr std::chrono::seconds kWaitMaxUnsettled{30};
constexpr std::chrono::minutes kWaitMax{10};
constexpr std::chrono::milliseconds kWaitMin{250};
// A request that has no record this long after it was let in never gets one: its worker died.
constexpr std::chrono::hours kSettledAfter{1};
constexpr std::chrono::minutes kMarkInterval{5};
// Of its time, pricing a customer whose requests differ takes at most a quarter.
constexpr int kRestFactor = 3;

const Instant kFarFuture = instant_from_us(253'402'300'799'000'000);  // 9999-12-31T23:59:59Z

}  // namespace

Status CreditWatch::load() {
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(const auto accounts, parts_.store.open_accounts());
    for (const billing::FundedAccount& funded : accounts)
        entries_[funded.account.customer].funded = funded;
    return {};
}

Status CreditWatch::rebuild() {
    const std::lock_guard lock(mutex_);
    for (auto& [customer, entry] : entries_) {
        const billing::CreditAccount& account = entry.funded.account;
        TRY(parts_.limits.reserve(0, account.ordinal));
        TRY_ASSIGN(const std::uint64_t used, recorded(account));
        TRY(parts_.limits.set_used(account.ordinal, used));
        TRY(look(entry));
    }
    return {};
}

Status CreditWatch::pass() {
    std::set<CustomerId> customers;
    {
        const std::lock_guard lock(mutex_);
        customers = unapplied_;
        for (const auto& [customer, entry] : entries_)
            customers.insert(customer);
    }
    Status first;
    for (const CustomerId& customer : customers)
        if (const Status done = pass_over(customer); first.ok() && !done.ok())
            first = done.error().within("credit of " + customer.str());
    return first;
}

// Holds the mutex for one customer at a time, so that a grant waits for no more than that.
Status CreditWatch::pass_over(const CustomerId& customer) {
    const std::lock_guard lock(mutex_);
    if (unapplied_.contains(customer))
        return apply_now(customer);
    const auto found = entries_.find(customer);
    if (found == entries_.end())
        return {};
    Entry& entry = found->second;
    TRY(settle(entry, parts_.limits.allowance(entry.funded.account.ordinal).used));
    return is_due(entry) ? look(entry) : Status();
}

// Where every request costs at most what was reckoned with, an allowance that was set stays right whatever is
// used of it: only its end matters. Elsewhere each use is news.
bool CreditWatch::is_due(const Entry& entry) const {
    if (!entry.last)
        return true;
    const Look& last = *entry.last;
    const edge::Allowance allowance = parts_.limits.allowance(entry.funded.account.ordinal);
    const Microseconds since = parts_.clock.monotonic() - last.at;
    const bool has_moved = allowance.used != last.used;
    const bool is_spent = allowance.used >= allowance.granted;
    if (last.changes_at && parts_.clock.now() >= *last.changes_at)
        return true;
    if (!has_moved)
        return since >= last.wait && (is_spent || (!last.exact && !last.is_settled));
    if (since >= kLookAgain)
        return true;
    if (!last.exact)
        return since >= last.rest;
    return is_spent || (!last.ends_by_money && allowance.granted - allowance.used <= parts_.lease / 2);
}

Result<std::uint64_t> CreditWatch::recorded(const billing::CreditAccount& account) {
    TRY_ASSIGN(const std::uint64_t since,
               parts_.usage.admitted(account.customer, {account.settled_at, kFarFuture}));
    return account.settled_used + since;
}

Status CreditWatch::look(Entry& entry) {
    const billing::CreditAccount& account = entry.funded.account;
    const Microseconds began = parts_.clock.monotonic();
    // Counted first and priced after: what comes in between is priced and not counted, never the other way.
    const edge::Allowance before = parts_.limits.allowance(account.ordinal);
    TRY_ASSIGN(const std::uint64_t visible, recorded(account));
    TRY_ASSIGN(billing::AccountCosts costs, parts_.costs.read(account));
    const edge::Allowance after = parts_.limits.allowance(account.ordinal);
    const std::uint64_t counted = std::min(visible, after.used);
    const std::uint64_t under_way = before.used > counted ? before.used - counted : 0;
    const std::uint64_t wanted = parts_.lease + under_way;
    const Decimal budget = entry.funded.granted - costs.closed;
    TRY_ASSIGN(const billing::AffordableRequests affordable,
               billing::affordable_requests(costs.running, budget, wanted));
    std::uint64_t requests = affordable.requests;
    if (costs.unpriced && budget.sign() <= 0)
        requests = 0;
    // Shapes are guesses: as long as there is money, one more request finds out.
    if (!costs.exact() && requests == 0 && under_way == 0 && affordable.cost < budget)
        requests = 1;

    Look now;
    now.terms = costs.terms + costs.closed.str();
    now.exact = costs.exact();
    std::uint64_t granted = counted + requests;
    const bool same_terms = entry.last && entry.last->terms == now.terms &&
                            entry.last->credit == entry.funded.granted && entry.last->exact;
    // What was reckoned before still holds, and counts no request twice that came in between.
    if (now.exact && same_terms)
        granted = std::max(granted, before.granted);
    if (granted != before.granted)
        TRY(parts_.limits.set_granted(account.ordinal, granted));

    now.at = parts_.clock.monotonic();
    now.used = before.used;
    now.credit = entry.funded.granted;
    now.changes_at = costs.changes_at;
    now.ends_by_money = requests < wanted;
    now.is_settled = under_way == 0;
    const bool is_same = entry.last && entry.last->used == now.used && granted == before.granted;
    const Microseconds wait_max = now.is_settled ? Microseconds(kWaitMax) : Microseconds(kWaitMaxUnsettled);
    now.rest = kRestFactor * (now.at - began);
    now.wait =
        is_same ? std::min(wait_max, 2 * entry.last->wait) : std::max(Microseconds(kWaitMin), now.rest);
    entry.last = std::move(now);
    report(entry, granted <= after.used, costs.closed + affordable.cost);
    return {};
}

// Moves the mark before which every request is taken as recorded. `used` was read just now.
Status CreditWatch::settle(Entry& entry, std::uint64_t used) {
    const Instant now = parts_.clock.now();
    billing::CreditAccount& account = entry.funded.account;
    std::deque<Mark>& marks = entry.marks;
    // The clock was set back: what was counted up to now is all that can be said.
    if (account.settled_at > now || (!marks.empty() && marks.back().at > now)) {
        marks.clear();
        account.settled_at = now;
        account.settled_used = used;
        return parts_.store.settle(account);
    }
    if (marks.empty() || now - marks.back().at >= kMarkInterval)
        marks.push_back({now, used});
    bool has_moved = false;
    while (!marks.empty() && now - marks.front().at >= kSettledAfter) {
        has_moved = has_moved || account.settled_used != marks.front().used;
        account.settled_at = marks.front().at;
        account.settled_used = marks.front().used;
        marks.pop_front();
    }
    return has_moved ? parts_.store.settle(account) : Status();
}

void CreditWatch::report(Entry& entry, bool is_stopped, const Decimal& spent) {
    if (entry.is_stopped == is_stopped)
        return;
    entry.is_stopped = is_stopped;
    const billing::CreditAccount& account = entry.funded.account;
    log_line(is_stopped ? LogLevel::kWarning : LogLevel::kInfo,
             fmt::format("prepaid customer {} {}: granted {} {}, spent {}", account.customer.str(),
                         is_stopped ? "is stopped" : "goes on", entry.funded.granted.str(), account.currency,
                         spent.str()));
}

Status CreditWatch::apply(const CustomerId& customer) {
    const std::lock_guard lock(mutex_);
    return apply_now(customer);
}

Status CreditWatch::apply_now(const CustomerId& customer) {
    unapplied_.insert(customer);
    TRY_ASSIGN(const auto funded, parts_.store.open_account(customer));
    const auto found = entries_.find(customer);
    if (!funded) {
        TRY(end_account(customer));
    } else if (found == entries_.end() || found->second.funded.account.id != funded->account.id ||
               !found->second.is_told) {
        TRY(begin_account(*funded));
    } else {
        found->second.funded.granted = funded->granted;
        TRY(look(found->second));
    }
    unapplied_.erase(customer);
    return {};
}

// Requests that began after the keys were told are counted, so the count is compared with records from then.
Status CreditWatch::begin_account(const billing::FundedAccount& funded) {
    const CustomerId& customer = funded.account.customer;
    const std::uint32_t ordinal = funded.account.ordinal;
    TRY(parts_.limits.reserve(0, ordinal));
    Entry& entry = entries_[customer];
    entry = Entry();
    entry.funded = funded;
    entry.is_told = false;
    billing::CreditAccount& account = entry.funded.account;
    account.settled_at = parts_.clock.now();
    account.settled_used = parts_.limits.allowance(ordinal).used;
    TRY(look(entry));
    parts_.prepaid.put(customer, ordinal);
    TRY(parts_.tell_keys(customer));
    entry.is_told = true;
    account.settled_at = parts_.clock.now();
    return parts_.store.settle(account);
}

Status CreditWatch::end_account(const CustomerId& customer) {
    entries_.erase(customer);
    parts_.prepaid.remove(customer);
    return parts_.tell_keys(customer);
}

Result<billing::CreditBalance> CreditWatch::balance(const billing::FundedAccount& funded) {
    TRY_ASSIGN(const billing::AccountCosts costs, parts_.costs.read(funded.account));
    TRY_ASSIGN(const Decimal running, billing::cost_after(costs.running, 0));
    const edge::Allowance allowance = parts_.limits.allowance(funded.account.ordinal);
    billing::CreditBalance balance;
    balance.account = funded.account;
    balance.granted = funded.granted;
    balance.spent = costs.closed + running;
    balance.unpriced = costs.unpriced;
    balance.allowance_granted = allowance.granted;
    balance.allowance_used = allowance.used;
    return balance;
}

api::PrepaidCounts CreditWatch::prepaid_counts() {
    const std::lock_guard lock(mutex_);
    api::PrepaidCounts counts;
    for (const auto& [customer, entry] : entries_) {
        const edge::Allowance allowance = parts_.limits.allowance(entry.funded.account.ordinal);
        ++(allowance.used < allowance.granted ? counts.open : counts.stopped);
    }
    return counts;
}

}  // namespace tally::app
