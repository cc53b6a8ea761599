#include "accounts/publication.hpp"

#include "accounts/quota_state.hpp"

#include <unordered_map>

namespace tally::accounts {

namespace {

PublishedPlan published(const UsagePlan& plan) {
    return {.ordinal = plan.ordinal, .name = plan.name, .limits = plan.limits};
}

}  // namespace

Result<std::optional<UsagePlan>> Publication::plan_of(const ApiKey& key) {
    if (key.usage_plan_id.empty())
        return std::optional<UsagePlan>();
    return parts_.plans.find(key.usage_plan_id);
}

Result<PublishedKey> Publication::published(const ApiKey& key, const UsagePlan* plan) {
    PublishedKey out;
    out.digest = key.digest;
    out.id = key.id;
    out.customer = key.customer;
    out.revoked = key.status == KeyStatus::kRevoked;
    out.expires_at = key.expires_at;
    out.ordinal = key.ordinal;
    if (plan != nullptr) {
        out.usage_plan = plan->name;
        out.plan_ordinal = plan->ordinal;
        out.first_quota_period = first_quota_period(key, *plan);
    }
    if (parts_.credit_account) {
        TRY_ASSIGN(out.credit_account, parts_.credit_account(key.customer));
    }
    return out;
}

Status Publication::tell_plan(const UsagePlan& plan) {
    return parts_.plan_publisher.publish(accounts::published(plan));
}

Status Publication::forget(const UsagePlan& plan) {
    return parts_.plan_publisher.remove(plan.ordinal);
}

Status Publication::tell_keys_of(const UsagePlan& plan, bool counts_anew) {
    TRY_ASSIGN(const std::vector<ApiKey> keys, parts_.keys.all_of_plan(plan.id));
    for (const ApiKey& key : keys) {
        TRY_ASSIGN(const PublishedKey entry, published(key, &plan));
        TRY(parts_.key_publisher.publish(entry));
        if (counts_anew)
            TRY(start_count(key, plan));
    }
    return {};
}

Status Publication::tell_key(const ApiKey& key) {
    TRY_ASSIGN(const std::optional<UsagePlan> plan, plan_of(key));
    TRY_ASSIGN(const PublishedKey entry, published(key, plan ? &*plan : nullptr));
    return parts_.key_publisher.publish(entry);
}

Status Publication::revoke_key(const ApiKey& key) {
    TRY_ASSIGN(const std::optional<UsagePlan> plan, plan_of(key));
    TRY_ASSIGN(const PublishedKey entry, published(key, plan ? &*plan : nullptr));
    return parts_.key_publisher.revoke(entry);
}

Status Publication::start_count(const ApiKey& key) {
    TRY_ASSIGN(const std::optional<UsagePlan> plan, plan_of(key));
    return plan ? start_count(key, *plan) : Status();
}

Status Publication::start_count(const ApiKey& key, const UsagePlan& plan) {
    if (!plan.limits.quota)
        return {};
    const std::int64_t period = quota_period_number(plan.limits.quota->period, to_us(parts_.clock.now()));
    return parts_.quotas.set(key.ordinal, {period, 0});
}

Status Publication::tell_keys_of(const CustomerId& customer) {
    const auto held = hold();
    TRY_ASSIGN(const std::vector<ApiKey> keys, parts_.keys.all_of_customer(customer));
    for (const ApiKey& key : keys)
        TRY(tell_key(key));
    return {};
}

Status Publication::tell_all() {
    const auto held = hold();
    TRY_ASSIGN(const std::vector<UsagePlan> plans, parts_.plans.all());
    TRY_ASSIGN(const std::vector<ApiKey> keys, parts_.keys.all());
    std::vector<PublishedPlan> plan_entries;
    std::unordered_map<UsagePlanId, const UsagePlan*> plan_by_id;
    for (const UsagePlan& plan : plans) {
        plan_entries.push_back(accounts::published(plan));
        plan_by_id.emplace(plan.id, &plan);
    }
    std::vector<PublishedKey> key_entries;
    key_entries.reserve(keys.size());
    for (const ApiKey& key : keys) {
        const auto plan = plan_by_id.find(key.usage_plan_id);
        TRY_ASSIGN(PublishedKey entry, published(key, plan == plan_by_id.end() ? nullptr : plan->second));
        key_entries.push_back(std::move(entry));
    }
    TRY(parts_.plan_publisher.rebuild(plan_entries));
    return parts_.key_publisher.rebuild(key_entries);
}

}  // namespace tally::accounts
