#include "app/adapters.hpp"

#include "usage/usage.hpp"

#include <algorithm>

namespace tally::app {
namespace {

edge::KeyEntry entry_of(const accounts::PublishedKey& key) {
    edge::KeyEntry entry;
    entry.digest = key.digest;
    entry.key_id = key.id;
    entry.customer_id = key.customer;
    entry.revoked = key.revoked;
    entry.expires_at = key.expires_at;
    entry.ordinal = key.ordinal;
    entry.plan = key.plan_ordinal;
    entry.credit_account = key.credit_account;
    entry.first_quota_period = key.first_quota_period;
    return entry;
}

edge::PlanEntry entry_of(const accounts::PublishedPlan& plan) {
    return {.ordinal = plan.ordinal, .name = plan.name, .limits = plan.limits};
}

}  // namespace

Status KeyTablePublisher::publish(const accounts::PublishedKey& key) {
    TRY(limits_.reserve(key.ordinal, key.credit_account));
    return table_.upsert(entry_of(key));
}

// Put in as revoked, which also serves where the table has lost the key.
Status KeyTablePublisher::revoke(const accounts::PublishedKey& key) {
    edge::KeyEntry entry = entry_of(key);
    entry.revoked = true;
    return table_.upsert(entry);  // whose accounts nobody will look for
}

Status KeyTablePublisher::rebuild(const std::vector<accounts::PublishedKey>& all) {
    std::vector<edge::KeyEntry> entries;
    entries.reserve(all.size());
    std::uint32_t key_ordinal = 1;
    std::uint32_t customer_ordinal = 0;
    for (const auto& key : all) {
        entries.push_back(entry_of(key));
        key_ordinal = std::max(key_ordinal, key.ordinal);
        customer_ordinal = std::max(customer_ordinal, key.credit_account);
    }
    TRY(limits_.reserve(key_ordinal, customer_ordinal));
    return table_.rebuild(entries);
}

Status PlanTablePublisher::publish(const accounts::PublishedPlan& plan) {
    return table_.upsert(entry_of(plan));
}

Status PlanTablePublisher::remove(std::uint32_t ordinal) {
    return table_.remove(ordinal);
}

Status PlanTablePublisher::rebuild(const std::vector<accounts::PublishedPlan>& all) {
    std::vector<edge::PlanEntry> entries;
    entries.reserve(all.size());
    for (const auto& plan : all)
        entries.push_back(entry_of(plan));
    return table_.rebuild(entries);
}

std::optional<accounts::QuotaCount> LimitFileCounters::of(std::uint32_t key_ordinal) {
    const auto use = limits_.quota_use(key_ordinal);
    return use ? std::optional(accounts::QuotaCount{use->period, use->used}) : std::nullopt;
}

Status LimitFileCounters::set(std::uint32_t key_ordinal, const accounts::QuotaCount& count) {
    return limits_.set_quota_use(key_ordinal, {count.period, count.used});
}

Result<std::vector<usage::MeterReading>> LakeMeterSource::read(const Meter& meter, const CustomerId& customer,
                                                               const rating::Period& period,
                                                               SnapshotId snapshot) {
    return usage::measure(engine_, meter, {customer, period.from, period.to, query::Cut{snapshot, {}}});
}

Result<std::optional<SnapshotId>> LakeSnapshotSource::current(std::string_view source) {
    if (source != requests_.name())
        return Error{ErrorCode::kUnsupported, "there is no table behind the meter source \"" +
                                                  std::string(source) + "\"; \"" + requests_.name() +
                                                  "\" is the one that there is"};
    TRY_ASSIGN(const auto state, requests_.state());
    return state.current;
}

}  // namespace tally::app
