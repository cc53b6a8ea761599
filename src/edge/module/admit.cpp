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

inline bool has_limits(const PlanRecord& plan) {
    return plan.bucket.interval_ns != 0 || plan.quota_limit != kNoQuota || plan.method_count != 0;
}

inline Taken take(std::uint64_t& word, const BucketShape& shape, const RequestContext& context) {
    return take_token(word, shape, static_cast<std::uint64_t>(context.seen_monotonic_us) * 1000,
                      monotonic_ns);
}

// From the bucket of the method and path, else of the plan.
inline Taken take_from_bucket(const ngx_http_request_t& request, const RequestContext& context,
                              const PlanRecord& plan, LimitBlock& block) {
    const std::uint32_t place = context.slot.ordinal % kAccountsPerBlock;
    if (plan.method_count != 0) {
        const MethodRecord* const method = find_method(
            plan, request.method_name.data, request.method_name.len, request.uri.data, request.uri.len);
        if (method != nullptr)
            return take(block.methods[place][method->bucket_number], method->bucket, context);
    }
    return plan.bucket.interval_ns == 0 ? Taken::kYes : take(block.keys[place].bucket, plan.bucket, context);
}

inline QuotaRule rule_of(const PlanRecord& plan, const RequestContext& context, QuotaClock& clock) {
    const auto period = static_cast<QuotaPeriod>(plan.quota_period);
    return {plan.quota_limit, plan.quota_offset, context.slot.first_quota_period,
            clock.number(period, context.start_wall_us), QuotaClock::believed(context.start_wall_us)};
}

// From the quota, where `plan` is not null, and the balance. Both are asked before one is touched: of what
// stays refused for long, nothing is taken and given back.
[[gnu::noinline]] Refusal admit_prepaid(const PlanRecord* plan, const RequestContext& context,
                                        LimitBlock& block, LimitTables& tables) {
    const KeySlot& slot = context.slot;
    LimitBlock& credit_block = *tables.limits.block_of(slot.credit_account);
    CreditAccount& credit = credit_block.customers[slot.credit_account % kAccountsPerBlock];
    std::uint64_t& quota = block.keys[slot.ordinal % kAccountsPerBlock].quota;
    const QuotaRule rule = plan != nullptr ? rule_of(*plan, context, tables.quota_clock) : QuotaRule{};
    if (plan != nullptr && !has_quota(quota, rule))
        return Refusal::kQuotaExceeded;
    if (!has_credit(credit.granted, credit.used))
        return Refusal::kCreditExceeded;
    if (plan != nullptr && take_quota(quota, rule) == Taken::kNo)
        return Refusal::kQuotaExceeded;
    if (take_credit(credit.granted, credit.used) == Taken::kYes)
        return Refusal::kNone;
    if (plan != nullptr)
        give_back_quota(quota, rule);
    return Refusal::kCreditExceeded;
}

// The block with the key's account; null when that or the customer's is not there. Looks for the higher
// ordinal first: that may move the mapping, the next call then does not.
inline LimitBlock* find_block(const KeySlot& slot, LimitFileReader& limits) {
    if (!limits.ready())
        return nullptr;
    if (slot.credit_account > slot.ordinal && limits.block_of(slot.credit_account) == nullptr)
        return nullptr;
    return limits.block_of(slot.ordinal);
}

}  // namespace

Refusal admit_caller(const ngx_http_request_t* request, const RequestContext& context, Worker& worker) {
    const KeySlot& slot = context.slot;
    LimitTables& tables = worker.limit_tables;
    if (!tables.configured || (slot.plan | slot.credit_account) == 0)
        return Refusal::kNone;
    const PlanRecord* plan = nullptr;
    if (slot.plan != 0) {
        if (!tables.plans.available())
            return Refusal::kKeyTableUnavailable;
        plan = tables.plans.find(slot.plan);
        if (plan != nullptr && !has_limits(*plan))
            plan = nullptr;
    }
    if (plan == nullptr && slot.credit_account == 0)
        return Refusal::kNone;
    LimitBlock* const block = find_block(slot, tables.limits);
    if (block == nullptr || (plan != nullptr && slot.ordinal == 0))
        return Refusal::kKeyTableUnavailable;
    if (plan != nullptr && take_from_bucket(*request, context, *plan, *block) == Taken::kNo)
        return Refusal::kThrottled;
    if (plan != nullptr && plan->quota_limit == kNoQuota)
        plan = nullptr;
    if (slot.credit_account != 0)
        return admit_prepaid(plan, context, *block, tables);
    if (plan == nullptr)
        return Refusal::kNone;
    std::uint64_t& quota = block->keys[slot.ordinal % kAccountsPerBlock].quota;
    return take_quota(quota, rule_of(*plan, context, tables.quota_clock)) == Taken::kYes
               ? Refusal::kNone
               : Refusal::kQuotaExceeded;
}

}  // namespace tally::edge
