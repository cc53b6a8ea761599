#include "accounts/usage_plans.hpp"

#include "accounts/names.hpp"
#include "accounts/publication.hpp"

#include <fmt/format.h>

namespace tally::accounts {

namespace {

// One byte holds the length of a name in a request record.
constexpr std::size_t kPlanNameSizeMax = 255;

Status check_texts(const UsagePlan& plan) {
    TRY(check_name(plan.name, "/name"));
    if (plan.name.size() > kPlanNameSizeMax)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("has {} bytes; at most {} are allowed", plan.name.size(), kPlanNameSizeMax),
                     "/name"};
    return plan.description.empty() ? Status() : check_name(plan.description, "/description");
}

bool is_same_period(const std::optional<Quota>& a, const std::optional<Quota>& b) {
    return a.has_value() == b.has_value() && (!a || a->period == b->period);
}

Status unless_told(const Status& told, const UsagePlan& plan) {
    if (told.ok())
        return {};
    return told.error().within(fmt::format(
        "{} is stored, but the edge was not told; the next start of the server tells it", plan.id.str()));
}

}  // namespace

Result<UsagePlan> UsagePlans::create(const NewUsagePlan& wanted) {
    UsagePlan plan;
    plan.id = UsagePlanId(make_id(random_, "up_"));
    plan.name = wanted.name;
    plan.description = wanted.description;
    plan.limits = wanted.limits;
    plan.created_at = clock_.now();
    plan.updated_at = plan.created_at;
    if (plan.limits.quota)
        plan.quota_since = plan.created_at;
    TRY(check_texts(plan));
    TRY(check_limits(plan.limits));
    const auto held = publication_.hold();
    TRY_ASSIGN(plan.ordinal, store_.insert(plan));
    TRY(unless_told(publication_.tell_plan(plan), plan));
    return plan;
}

Result<UsagePlan> UsagePlans::find(std::string_view reference) {
    TRY_ASSIGN(std::optional<UsagePlan> by_id, store_.find(UsagePlanId(std::string(reference))));
    if (by_id)
        return std::move(*by_id);
    TRY_ASSIGN(std::optional<UsagePlan> by_name, store_.find_by_name(reference));
    if (by_name)
        return std::move(*by_name);
    return Error{ErrorCode::kNotFound, fmt::format("no usage plan has the id or name \"{}\"", reference)};
}

Result<UsagePlan> UsagePlans::update(std::string_view reference, const UsagePlanChange& change) {
    const auto held = publication_.hold();
    TRY_ASSIGN(const UsagePlan before, find(reference));
    UsagePlan plan = before;
    plan.name = change.name.value_or(plan.name);
    plan.description = change.description.value_or(plan.description);
    plan.updated_at = clock_.now();
    TRY(check_texts(plan));
    TRY_ASSIGN(plan.limits, changed_limits(plan.limits, change.limits));
    const bool counts_anew = !is_same_period(before.limits.quota, plan.limits.quota);
    if (counts_anew)
        plan.quota_since = plan.limits.quota ? std::optional(plan.updated_at) : std::nullopt;
    TRY(store_.update(plan));
    TRY(unless_told(publication_.tell_plan(plan), plan));
    if (counts_anew || plan.name != before.name)
        TRY(unless_told(publication_.tell_keys_of(plan, counts_anew), plan));
    return plan;
}

Result<UsagePlan> UsagePlans::remove(std::string_view reference) {
    const auto held = publication_.hold();
    TRY_ASSIGN(UsagePlan plan, find(reference));
    TRY(store_.remove(plan.id));
    if (const Status told = publication_.forget(plan); !told.ok())
        return told.error().within(
            fmt::format("{} is removed, but the edge was not told; the next start of the server tells it",
                        plan.id.str()));
    return plan;
}

Result<Page<UsagePlan>> UsagePlans::list(const PageRequest& page) {
    TRY(check_page(page));
    return store_.list(page);
}

}  // namespace tally::accounts
