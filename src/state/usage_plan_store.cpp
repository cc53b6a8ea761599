#include "accounts/usage_limits_json.hpp"
#include "state/embedded_sql.hpp"
#include "state/paging.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

using accounts::UsagePlan;

namespace {

Result<UsagePlan> read_usage_plan(const Row& row) {
    UsagePlan plan;
    plan.id = UsagePlanId(row.text(0));
    plan.name = row.text(1);
    plan.description = row.text(2);
    Result<UsageLimits> limits = accounts::limits_from_json(row.text(3));
    if (!limits.ok())
        return Error{ErrorCode::kCorruption, fmt::format("the limits of {} are not readable: {}",
                                                         plan.id.str(), limits.error().message)};
    plan.limits = std::move(*limits);
    plan.quota_since = row.optional_instant(4);
    plan.created_at = row.instant(5);
    plan.updated_at = row.instant(6);
    TRY_ASSIGN(plan.ordinal, ordinal_of(row, 7));
    return plan;
}

std::string usage_plan_id(const UsagePlan& plan) {
    return plan.id.str();
}

// Looked up under the write lock.
Status check_name_free(Connection& connection, const UsagePlan& plan) {
    TRY_ASSIGN(const std::vector<Row> taken, connection.query(sql::kFindUsagePlanByName, {plan.name}));
    if (taken.empty() || taken.front().text(0) == plan.id.str())
        return {};
    return Error{ErrorCode::kAlreadyExists, fmt::format("there is a usage plan \"{}\" already", plan.name),
                 "/name"};
}

Error unknown_plan(const UsagePlanId& id) {
    return Error{ErrorCode::kNotFound, fmt::format("there is no usage plan {}", id.str())};
}

// Name and limits: what somebody may have to answer for.
std::string description_of(const UsagePlan& plan) {
    return plan.name + " " + accounts::limits_to_json(plan.limits);
}

}  // namespace

Result<std::uint32_t> UsagePlanStore::insert(const UsagePlan& plan) {
    return database_.write([&](Connection& connection) -> Result<std::uint32_t> {
        TRY(check_name_free(connection, plan));
        TRY(connection.execute(sql::kInsertUsagePlan, {plan.id.str(), plan.name, plan.description,
                                                       accounts::limits_to_json(plan.limits),
                                                       plan.quota_since, plan.created_at, plan.updated_at}));
        TRY(database_.audit(connection, "usage_plan.create", plan.id.str(), description_of(plan)));
        TRY_ASSIGN(const std::vector<Row> made, connection.query(sql::kUsagePlanPosition, {plan.id.str()}));
        return ordinal_of(made.front(), 0);
    });
}

Status UsagePlanStore::update(const UsagePlan& plan) {
    return database_.write([&](Connection& connection) -> Status {
        TRY(check_name_free(connection, plan));
        TRY_ASSIGN(const std::int64_t rows,
                   connection.execute(sql::kUpdateUsagePlan,
                                      {plan.name, plan.description, accounts::limits_to_json(plan.limits),
                                       plan.quota_since, plan.updated_at, plan.id.str()}));
        if (rows == 0)
            return unknown_plan(plan.id);
        return database_.audit(connection, "usage_plan.update", plan.id.str(), description_of(plan));
    });
}

Status UsagePlanStore::remove(const UsagePlanId& id) {
    return database_.write([&](Connection& connection) -> Status {
        TRY_ASSIGN(const std::vector<Row> users, connection.query(sql::kActiveKeysOfUsagePlan, {id.str()}));
        if (const std::int64_t count = users.front().whole(0); count > 0)
            return Error{ErrorCode::kConflict,
                         fmt::format("{} active key(s) are under it, e.g. {}; revoke them or put them under "
                                     "another plan first",
                                     count, users.front().text(1))};
        TRY(connection.execute(sql::kLeaveUsagePlan, {id.str()}));
        TRY_ASSIGN(const std::int64_t rows, connection.execute(sql::kDeleteUsagePlan, {id.str()}));
        if (rows == 0)
            return unknown_plan(id);
        return database_.audit(connection, "usage_plan.delete", id.str(), "");
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
        return page_of<UsagePlan>(rows, page.limit, read_usage_plan, usage_plan_id);
    });
}

Result<std::vector<UsagePlan>> UsagePlanStore::all() {
    return database_.read([&](Connection& connection) -> Result<std::vector<UsagePlan>> {
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kListUsagePlans, {std::int64_t{0}, kEverything}));
        return all_of<UsagePlan>(rows, read_usage_plan);
    });
}

}  // namespace tally::state
