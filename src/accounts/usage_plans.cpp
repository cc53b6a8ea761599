#include "accounts/usage_plans.hpp"

#include "accounts/names.hpp"

#include <fmt/format.h>

namespace tally::accounts {

Result<UsagePlan> UsagePlans::create(const NewUsagePlan& wanted) {
    TRY(check_name(wanted.name, "/name"));
    if (!wanted.description.empty())
        TRY(check_name(wanted.description, "/description"));
    UsagePlan plan{.id = UsagePlanId(make_id(random_, "up_")),
                   .name = wanted.name,
                   .description = wanted.description,
                   .created_at = clock_.now()};
    TRY(store_.insert(plan));
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

Result<Page<UsagePlan>> UsagePlans::list(const PageRequest& page) {
    TRY(check_page(page));
    return store_.list(page);
}

}  // namespace tally::accounts
