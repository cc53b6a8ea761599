#include "state/embedded_sql.hpp"
#include "state/paging.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

using accounts::UsagePlan;

namespace {

Result<UsagePlan> read_usage_plan(const Row& row) {
    return UsagePlan{.id = UsagePlanId(row.text(0)),
                     .name = row.text(1),
                     .description = row.text(2),
                     .created_at = row.instant(3)};
}

}  // namespace

Status UsagePlanStore::insert(const UsagePlan& plan) {
    return database_.write([&](Connection& connection) -> Status {
        TRY_ASSIGN(const std::vector<Row> taken, connection.query(sql::kFindUsagePlanByName, {plan.name}));
        if (!taken.empty())
            return Error{ErrorCode::kAlreadyExists,
                         fmt::format("there is a usage plan \"{}\" already", plan.name), "/name"};
        TRY(connection.execute(sql::kInsertUsagePlan,
                               {plan.id.str(), plan.name, plan.description, plan.created_at}));
        return database_.audit(connection, "usage_plan.create", plan.id.str(), plan.name);
    });
}

Result<std::optional<UsagePlan>> UsagePlanStore::find(const UsagePlanId& id) {
    return database_.read([&](Connection& connection) -> Result<std::optional<UsagePlan>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindUsagePlan, {id.str()}));
        return first_of<UsagePlan>(rows, read_usage_plan);
    });
}

Result<std::optional<UsagePlan>> UsagePlanStore::find_by_name(std::string_view name) {
    return database_.read([&](Connection& connection) -> Result<std::optional<UsagePlan>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindUsagePlanByName, {name}));
        return first_of<UsagePlan>(rows, read_usage_plan);
    });
}

Result<accounts::Page<UsagePlan>> UsagePlanStore::list(const accounts::PageRequest& page) {
    return database_.read([&](Connection& connection) -> Result<accounts::Page<UsagePlan>> {
        TRY_ASSIGN(const std::int64_t after, position_of(connection, sql::kUsagePlanPosition, page.cursor));
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kListUsagePlans, {after, one_more(page.limit)}));
        return page_of<UsagePlan>(rows, page.limit, read_usage_plan,
                                  [](const UsagePlan& p) { return p.id.str(); });
    });
}

}  // namespace tally::state
