#include "state/embedded_sql.hpp"
#include "state/paging.hpp"
#include "state/stores.hpp"

#include <fmt/format.h>

namespace tally::state {

using accounts::ApiKey;
using accounts::KeyStatus;

namespace {

// SQLite has signed integers only; the bits stay the same.
std::int64_t to_signed(std::uint64_t bits) {
    return static_cast<std::int64_t>(bits);
}

std::uint64_t to_unsigned(std::int64_t bits) {
    return static_cast<std::uint64_t>(bits);
}

std::string_view status_text(KeyStatus status) {
    return status == KeyStatus::kActive ? "active" : "revoked";
}

Result<ApiKey> read_key(const Row& row) {
    ApiKey key;
    key.id = KeyId(row.text(0));
    key.customer = CustomerId(row.text(1));
    key.name = row.text(2);
    key.usage_plan_id = UsagePlanId(row.text(3));
    key.usage_plan = row.text(4);
    key.prefix = row.text(5);
    key.last4 = row.text(6);
    key.hmac = row.text(7);
    key.digest = {to_unsigned(row.whole(8)), to_unsigned(row.whole(9))};
    key.status = row.text(10) == "active" ? KeyStatus::kActive : KeyStatus::kRevoked;
    key.created_at = row.instant(11);
    key.revoked_at = row.optional_instant(12);
    key.expires_at = row.optional_instant(13);
    key.plan_since = row.optional_instant(14);
    TRY_ASSIGN(key.ordinal, ordinal_of(row, 15));
    key.issuer = row.text(16);
    key.principal = row.text(17);
    return key;
}

Error unknown_key(const KeyId& id) {
    return Error{ErrorCode::kNotFound, fmt::format("there is no key {}", id.str())};
}

std::string key_id(const ApiKey& key) {
    return key.id.str();
}

}  // namespace

Result<std::uint32_t> KeyStore::insert(const ApiKey& key) {
    const std::int64_t low = to_signed(key.digest.low);
    const std::int64_t high = to_signed(key.digest.high);
    return database_.write([&](Connection& connection) -> Result<std::uint32_t> {
        TRY_ASSIGN(const std::vector<Row> same, connection.query(sql::kFindKeyByDigest, {low, high}));
        if (!same.empty())
            return Error{
                ErrorCode::kAlreadyExists,
                fmt::format("this {} is {} of {} already ({})", key.principal.empty() ? "key" : "principal",
                            same.front().text(0), same.front().text(1), same.front().text(10))};
        TRY(connection.execute(
            sql::kInsertKey,
            {key.id.str(), key.customer.str(), key.name, Value::text_or_null(key.usage_plan_id.str()),
             key.prefix, key.last4, key.hmac, low, high, status_text(key.status), key.created_at,
             key.revoked_at, key.expires_at, key.plan_since, key.issuer, key.principal}));
        TRY(database_.audit(connection, "key.create", key.id.str(), "customer " + key.customer.str()));
        TRY_ASSIGN(const std::vector<Row> made, connection.query(sql::kKeyPosition, {key.id.str()}));
        return ordinal_of(made.front(), 0);
    });
}

Status KeyStore::update(const ApiKey& key) {
    return database_.write([&](Connection& connection) -> Status {
        TRY_ASSIGN(const std::int64_t rows,
                   connection.execute(sql::kUpdateKey, {status_text(key.status), key.revoked_at,
                                                        key.expires_at, key.id.str()}));
        if (rows == 0)
            return unknown_key(key.id);
        const bool revoked = key.status == KeyStatus::kRevoked;
        return database_.audit(connection, revoked ? "key.revoke" : "key.set_end", key.id.str(),
                               "customer " + key.customer.str());
    });
}

Status KeyStore::change(const ApiKey& key) {
    return database_.write([&](Connection& connection) -> Status {
        const std::string& plan = key.usage_plan_id.str();
        TRY_ASSIGN(const std::int64_t rows,
                   connection.execute(sql::kChangeKey,
                                      {key.name, Value::text_or_null(plan), key.plan_since, key.id.str()}));
        if (rows == 0)
            return unknown_key(key.id);
        return database_.audit(connection, "key.update", key.id.str(),
                               plan.empty() ? "no usage plan" : "usage plan " + plan);
    });
}

Result<std::optional<ApiKey>> KeyStore::find(const KeyId& id) {
    return database_.read([&](Connection& connection) -> Result<std::optional<ApiKey>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindKey, {id.str()}));
        return first_of<ApiKey>(rows, read_key);
    });
}

Result<std::optional<ApiKey>> KeyStore::find_by_digest(Digest128 digest) {
    return database_.read([&](Connection& connection) -> Result<std::optional<ApiKey>> {
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kFindKeyByDigest, {to_signed(digest.low), to_signed(digest.high)}));
        return first_of<ApiKey>(rows, read_key);
    });
}

Result<std::vector<ApiKey>> KeyStore::find_by_name(std::string_view name) {
    return database_.read([&](Connection& connection) -> Result<std::vector<ApiKey>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindKeysByName, {name}));
        return all_of<ApiKey>(rows, read_key);
    });
}

Result<accounts::Page<ApiKey>> KeyStore::list(const std::optional<CustomerId>& customer,
                                              const accounts::PageRequest& page) {
    return database_.read([&](Connection& connection) -> Result<accounts::Page<ApiKey>> {
        TRY_ASSIGN(const std::int64_t after, position_of(connection, sql::kKeyPosition, page.cursor));
        TRY_ASSIGN(const std::vector<Row> rows,
                   customer ? connection.query(sql::kListKeysOfCustomer,
                                               {after, customer->str(), one_more(page.limit)})
                            : connection.query(sql::kListKeys, {after, one_more(page.limit)}));
        return page_of<ApiKey>(rows, page.limit, read_key, key_id);
    });
}

Result<accounts::Page<ApiKey>> KeyStore::list_of_plan(const UsagePlanId& plan,
                                                      const accounts::PageRequest& page) {
    return database_.read([&](Connection& connection) -> Result<accounts::Page<ApiKey>> {
        TRY_ASSIGN(const std::int64_t after, position_of(connection, sql::kKeyPosition, page.cursor));
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kListKeysOfPlan, {after, plan.str(), one_more(page.limit)}));
        return page_of<ApiKey>(rows, page.limit, read_key, key_id);
    });
}

Result<std::vector<ApiKey>> KeyStore::all() {
    return database_.read([&](Connection& connection) -> Result<std::vector<ApiKey>> {
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kListKeys, {std::int64_t{0}, kEverything}));
        return all_of<ApiKey>(rows, read_key);
    });
}

Result<std::vector<ApiKey>> KeyStore::past_their_end(Instant now) {
    return database_.read([&](Connection& connection) -> Result<std::vector<ApiKey>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kKeysPastTheirEnd, {now}));
        return all_of<ApiKey>(rows, read_key);
    });
}

Result<std::vector<ApiKey>> KeyStore::all_of_plan(const UsagePlanId& plan) {
    return database_.read([&](Connection& connection) -> Result<std::vector<ApiKey>> {
        TRY_ASSIGN(const std::vector<Row> rows,
                   connection.query(sql::kListKeysOfPlan, {std::int64_t{0}, plan.str(), kEverything}));
        return all_of<ApiKey>(rows, read_key);
    });
}

Result<std::vector<ApiKey>> KeyStore::all_of_customer(const CustomerId& customer) {
    return database_.read([&](Connection& connection) -> Result<std::vector<ApiKey>> {
        TRY_ASSIGN(
            const std::vector<Row> rows,
            connection.query(sql::kListKeysOfCustomer, {std::int64_t{0}, customer.str(), kEverything}));
        return all_of<ApiKey>(rows, read_key);
    });
}

}  // namespace tally::state
