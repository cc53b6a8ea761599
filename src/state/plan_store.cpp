#include "state/embedded_sql.hpp"
#include "state/paging.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

using billing::PlanStatus;
using billing::PlanVersion;

namespace {

Result<PlanVersion> read_plan(const Row& row) {
    PlanVersion plan;
    plan.id = PlanId(row.text(0));
    plan.code = row.text(1);
    plan.version = static_cast<int>(row.whole(2));
    TRY_ASSIGN(plan.status, billing::parse_plan_status(row.text(3)));
    plan.name = row.text(4);
    plan.currency = row.text(5);
    plan.document = row.text(6);
    plan.digest = row.text(7);
    plan.created_at = row.instant(8);
    plan.published_at = row.optional_instant(9);
    plan.archived_at = row.optional_instant(10);
    return plan;
}

std::string plan_id(const PlanVersion& plan) {
    return plan.id.str();
}

std::string described(const PlanVersion& plan) {
    return fmt::format("{}@{} {}", plan.code, plan.version, plan.digest);
}

}  // namespace

Result<PlanVersion> PlanStore::insert_next(const PlanVersion& wanted) {
    PlanVersion plan = wanted;
    return database_.write([&](Connection& connection) -> Result<PlanVersion> {
        TRY_ASSIGN(const std::vector<Row> newest, connection.query(sql::kNewestPlanVersion, {plan.code}));
        plan.version = static_cast<int>(newest.front().whole(0)) + 1;
        TRY(connection.execute(sql::kInsertPlan, {plan.id.str(), plan.code, std::int64_t{plan.version},
                                                  billing::plan_status_name(plan.status), plan.name,
                                                  plan.currency, plan.document, plan.digest, plan.created_at,
                                                  plan.published_at, plan.archived_at}));
        TRY(database_.audit(connection, "plan.create", plan.id.str(), described(plan)));
        return plan;
    });
}

Status PlanStore::update_status(const PlanVersion& plan) {
    return database_.write([&](Connection& connection) -> Status {
        const std::string_view status = billing::plan_status_name(plan.status);
        TRY_ASSIGN(const std::int64_t rows,
                   connection.execute(sql::kUpdatePlanStatus,
                                      {status, plan.published_at, plan.archived_at, plan.id.str()}));
        if (rows == 0)
            return Error{ErrorCode::kNotFound, fmt::format("there is no plan {}", plan.id.str())};
        return database_.audit(connection, fmt::format("plan.{}", status), plan.id.str(), described(plan));
    });
}

Result<std::optional<PlanVersion>> PlanStore::find_by_id(const PlanId& id) {
    return database_.read([&](Connection& connection) -> Result<std::optional<PlanVersion>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindPlan, {id.str()}));
        return first_of<PlanVersion>(rows, read_plan);
    });
}

Result<std::optional<PlanVersion>> PlanStore::find(std::string_view code, int version) {
    return database_.read([&](Connection& connection) -> Result<std::optional<PlanVersion>> {
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kFindPlanVersion, {code, std::int64_t{version}}));
        return first_of<PlanVersion>(rows, read_plan);
    });
}

Result<std::vector<PlanVersion>> PlanStore::versions(std::string_view code) {
    return database_.read([&](Connection& connection) -> Result<std::vector<PlanVersion>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kPlanVersions, {code}));
        return all_of<PlanVersion>(rows, read_plan);
    });
}

Result<accounts::Page<PlanVersion>> PlanStore::list(const accounts::PageRequest& page) {
    return database_.read([&](Connection& connection) -> Result<accounts::Page<PlanVersion>> {
        TRY_ASSIGN(const std::int64_t after, position_of(connection, sql::kPlanPosition, page.cursor));
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kListPlans, {after, one_more(page.limit)}));
        return page_of<PlanVersion>(rows, page.limit, read_plan, plan_id);
    });
}

}  // namespace tally::state
