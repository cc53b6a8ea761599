#include "edge/module/admit.hpp"

#include "edge/limit_counters.hpp"

#include <ctime>

namespace tally::edge {
namespace {

std::uint64_t monotonic_ns() {
    timespec time = {};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

// What of a plan is asked of one request.
struct Demand {
    const PlanRecord* plan = nullptr;
    const MethodRecord* method = nullptr;

    [[nodiscard]] const BucketShape* bucket() const {
        if (method != nullptr)
            return &method->bucket;
        return plan != nullptr && plan->bucket.interval_ns != 0 ? &plan->bucket : nullptr;
    }

    [[nodiscard]] bool has_quota() const { return plan != nullptr && plan->quota_limit != kNoQuota; }
};

Demand demand_of(const ngx_http_request_t* request, const PlanRecord* plan) {
    Demand demand{plan, nullptr};
    if (plan != nullptr && plan->method_count != 0)
        demand.method = find_method(*plan, request->method_name.data, request->method_name.len,
                                    request->uri.data, request->uri.len);
    return demand;
}

QuotaRule rule_of(const PlanRecord& plan, const RequestContext& context, QuotaClock& clock) {
    const auto period = static_cast<QuotaPeriod>(plan.quota_period);
    return {plan.quota_limit, plan.quota_offset, context.slot.first_quota_period,
            clock.number(period, context.start_wall_us), QuotaClock::believed(context.start_wall_us)};
}

// The words that one request counts in.
struct Accounts {
    LimitBlock* key = nullptr;
    LimitBlock* customer = nullptr;
    std::uint32_t key_place = 0;
    std::uint32_t customer_place = 0;

    [[nodiscard]] KeyAccount& of_key() const { return key->keys[key_place]; }

    [[nodiscard]] CreditAccount& of_customer() const { return customer->customers[customer_place]; }

    [[nodiscard]] std::uint64_t& bucket_of(const MethodRecord* method) const {
        return method != nullptr ? key->methods[key_place][method->bucket_number] : of_key().bucket;
    }
};

// Looks for the higher ordinal first: that may move the mapping, the other then does not.
Accounts accounts_of(const KeySlot& slot, LimitFileReader& limits) {
    limits.block_of(slot.ordinal > slot.credit_account ? slot.ordinal : slot.credit_account);
    return {limits.block_of(slot.ordinal), limits.block_of(slot.credit_account),
            slot.ordinal % kAccountsPerBlock, slot.credit_account % kAccountsPerBlock};
}

Refusal take_quota_and_credit(const Accounts& accounts, const QuotaRule* rule, bool prepaid) {
    if (rule != nullptr && !has_quota(accounts.of_key().quota, *rule))
        return Refusal::kQuotaExceeded;
    // Asked before the quota is touched: of what stays refused for long, nothing is taken and given back.
    if (prepaid && !has_credit(accounts.of_customer().granted, accounts.of_customer().used))
        return Refusal::kCreditExceeded;
    if (rule != nullptr && take_quota(accounts.of_key().quota, *rule) == Taken::kNo)
        return Refusal::kQuotaExceeded;
    if (!prepaid || take_credit(accounts.of_customer().granted, accounts.of_customer().used) == Taken::kYes)
        return Refusal::kNone;
    if (rule != nullptr)
        give_back_quota(accounts.of_key().quota, *rule);
    return Refusal::kCreditExceeded;
}

}  // namespace

Refusal admit_caller(const ngx_http_request_t* request, const RequestContext& context, Worker& worker) {
    const KeySlot& slot = context.slot;
    LimitTables& tables = worker.limit_tables;
    if (!tables.configured || (slot.plan == 0 && slot.credit_account == 0))
        return Refusal::kNone;
    if (slot.plan != 0 && !tables.plans.available())
        return Refusal::kKeyTableUnavailable;
    const Demand demand = demand_of(request, slot.plan != 0 ? tables.plans.find(slot.plan) : nullptr);
    const BucketShape* const bucket = demand.bucket();
    const bool counts_key = bucket != nullptr || demand.has_quota();
    const bool prepaid = slot.credit_account != 0;
    if (!counts_key && !prepaid)
        return Refusal::kNone;
    if (!tables.limits.ready() || (counts_key && slot.ordinal == 0))
        return Refusal::kKeyTableUnavailable;
    const Accounts accounts = accounts_of(slot, tables.limits);
    if (accounts.key == nullptr || accounts.customer == nullptr)
        return Refusal::kKeyTableUnavailable;
    const auto now_ns = static_cast<std::uint64_t>(context.seen_monotonic_us) * 1000;
    if (bucket != nullptr &&
        take_token(accounts.bucket_of(demand.method), *bucket, now_ns, monotonic_ns) == Taken::kNo)
        return Refusal::kThrottled;
    if (!demand.has_quota())
        return prepaid ? take_quota_and_credit(accounts, nullptr, true) : Refusal::kNone;
    const QuotaRule rule = rule_of(*demand.plan, context, tables.quota_clock);
    return take_quota_and_credit(accounts, &rule, prepaid);
}

}  // namespace tally::edge
