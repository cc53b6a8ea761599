#include "state/embedded_sql.hpp"
#include "state/paging.hpp"
#include "state/stores.hpp"

#include <limits>

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
    key.usage_plan = row.text(3);
    key.prefix = row.text(4);
    key.last4 = row.text(5);
    key.hmac = row.text(6);
    key.digest = {to_unsigned(row.whole(7)), to_unsigned(row.whole(8))};
    key.status = row.text(9) == "active" ? KeyStatus::kActive : KeyStatus::kRevoked;
    key.created_at = row.instant(10);
    key.revoked_at = row.optional_instant(11);
    key.expires_at = row.optional_instant(12);
    return key;
}

std::string key_id(const ApiKey& key) {
    return key.id.str();
}

}  // namespace

Status KeyStore::insert(const ApiKey& key) {
    const std::int64_t low = to_signed(key.digest.low);
    const std::int64_t high = to_signed(key.digest.high);
    return database_.write([&](Connection& connection) -> Status {
        TRY_ASSIGN(const std::vector<Row> same, connection.query(sql::kFindKeyByDigest, {low, high}));
        if (!same.empty())
            return Error{ErrorCode::kAlreadyExists,
                         fmt::format("this key is {} of {} already ({})", same.front().text(0),
                                     same.front().text(1), same.front().text(9))};
        TRY(connection.execute(
            sql::kInsertKey,
            {key.id.str(), key.customer.str(), key.name, key.usage_plan, key.prefix, key.last4, key.hmac, low,
             high, status_text(key.status), key.created_at, key.revoked_at, key.expires_at}));
        return database_.audit(connection, "key.create", key.id.str(), "customer " + key.customer.str());
    });
}

Status KeyStore::update(const ApiKey& key) {
    return database_.write([&](Connection& connection) -> Status {
        TRY_ASSIGN(const std::int64_t rows,
                   connection.execute(sql::kUpdateKey, {status_text(key.status), key.revoked_at,
                                                        key.expires_at, key.id.str()}));
        if (rows == 0)
            return Error{ErrorCode::kNotFound, fmt::format("there is no key {}", key.id.str())};
        const bool revoked = key.status == KeyStatus::kRevoked;
        return database_.audit(connection, revoked ? "key.revoke" : "key.set_end", key.id.str(),
                               "customer " + key.customer.str());
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

Result<std::vector<ApiKey>> KeyStore::all() {
    return database_.read([&](Connection& connection) -> Result<std::vector<ApiKey>> {
        TRY_ASSIGN(
            const std::vector<Row> rows,
            connection.query(sql::kListKeys, {std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}));
        return all_of<ApiKey>(rows, read_key);
    });
}

}  // namespace tally::state
