#include "state/embedded_sql.hpp"
#include "state/paging.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

using billing::Subscription;
using billing::SubscriptionStatus;

namespace {

std::string_view status_text(SubscriptionStatus status) {
    return status == SubscriptionStatus::kActive ? "active" : "canceled";
}

Result<Subscription> read_subscription(const Row& row) {
    Subscription subscription;
    subscription.id = SubscriptionId(row.text(0));
    subscription.customer = CustomerId(row.text(1));
    subscription.plan_code = row.text(2);
    subscription.plan_version = static_cast<int>(row.whole(3));
    subscription.from = row.instant(4);
    subscription.to = row.optional_instant(5);
    subscription.status =
        row.text(6) == "active" ? SubscriptionStatus::kActive : SubscriptionStatus::kCanceled;
    subscription.created_at = row.instant(7);
    subscription.canceled_at = row.optional_instant(8);
    return subscription;
}

std::string subscription_id(const Subscription& subscription) {
    return subscription.id.str();
}

}  // namespace

Status SubscriptionStore::insert(const Subscription& subscription) {
    return database_.write([&](Connection& connection) -> Status {
        TRY(connection.execute(
            sql::kInsertSubscription,
            {subscription.id.str(), subscription.customer.str(), subscription.plan_code,
             std::int64_t{subscription.plan_version}, subscription.from, subscription.to,
             status_text(subscription.status), subscription.created_at, subscription.canceled_at}));
        return database_.audit(connection, "subscription.create", subscription.id.str(),
                               fmt::format("customer {} plan {}@{}", subscription.customer.str(),
                                           subscription.plan_code, subscription.plan_version));
    });
}

Status SubscriptionStore::update(const Subscription& subscription) {
    return database_.write([&](Connection& connection) -> Status {
        TRY_ASSIGN(
            const std::int64_t rows,
            connection.execute(sql::kUpdateSubscription, {status_text(subscription.status), subscription.to,
                                                          subscription.canceled_at, subscription.id.str()}));
        if (rows == 0)
            return Error{ErrorCode::kNotFound,
                         fmt::format("there is no subscription {}", subscription.id.str())};
        return database_.audit(connection, "subscription.cancel", subscription.id.str(), "");
    });
}

Result<std::optional<Subscription>> SubscriptionStore::find(const SubscriptionId& id) {
    return database_.read([&](Connection& connection) -> Result<std::optional<Subscription>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindSubscription, {id.str()}));
        return first_of<Subscription>(rows, read_subscription);
    });
}

Result<accounts::Page<Subscription>> SubscriptionStore::list(const std::optional<CustomerId>& customer,
                                                             const accounts::PageRequest& page) {
    return database_.read([&](Connection& connection) -> Result<accounts::Page<Subscription>> {
        TRY_ASSIGN(const std::int64_t after,
                   position_of(connection, sql::kSubscriptionPosition, page.cursor));
        TRY_ASSIGN(const std::vector<Row> rows,
                   customer ? connection.query(sql::kListSubscriptionsOfCustomer,
                                               {after, customer->str(), one_more(page.limit)})
                            : connection.query(sql::kListSubscriptions, {after, one_more(page.limit)}));
        return page_of<Subscription>(rows, page.limit, read_subscription, subscription_id);
    });
}

Result<std::vector<Subscription>> SubscriptionStore::overlapping(const std::optional<CustomerId>& customer,
                                                                 Instant from, Instant to) {
    return database_.read([&](Connection& connection) -> Result<std::vector<Subscription>> {
        TRY_ASSIGN(
            const std::vector<Row> rows,
            customer ? connection.query(sql::kOverlappingSubscriptionsOfCustomer, {to, from, customer->str()})
                     : connection.query(sql::kOverlappingSubscriptions, {to, from}));
        return all_of<Subscription>(rows, read_subscription);
    });
}

}  // namespace tally::state
