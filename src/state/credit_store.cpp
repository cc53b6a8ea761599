#include "state/credit_store.hpp"

#include "state/embedded_sql.hpp"
#include "state/paging.hpp"

#include <fmt/format.h>

namespace tally::state {

using billing::CreditAccount;
using billing::CreditGrant;
using billing::FundedAccount;

namespace {

Result<CreditAccount> read_account(const Row& row) {
    CreditAccount account;
    account.id = billing::CreditAccountId(row.text(0));
    account.customer = CustomerId(row.text(1));
    TRY_ASSIGN(account.ordinal, ordinal_of(row, 2));
    account.currency = row.text(3);
    account.since = row.instant(4);
    account.ended_at = row.optional_instant(5);
    account.settled_at = row.instant(6);
    account.settled_used = static_cast<std::uint64_t>(row.whole(7));
    return account;
}

Result<CreditGrant> read_grant(const Row& row) {
    CreditGrant grant;
    grant.id = billing::CreditGrantId(row.text(0));
    grant.account = billing::CreditAccountId(row.text(1));
    grant.customer = CustomerId(row.text(2));
    TRY_ASSIGN(grant.amount, Decimal::parse(row.text(3)));
    grant.currency = row.text(4);
    grant.description = row.text(5);
    grant.created_at = row.instant(6);
    grant.voided_at = row.optional_instant(7);
    grant.void_reason = row.text(8);
    return grant;
}

Result<std::optional<CreditAccount>> find_open(Connection& connection, const CustomerId& customer) {
    TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindOpenCreditAccount, {customer.str()}));
    return first_of<CreditAccount>(rows, read_account);
}

Result<FundedAccount> with_funds(Connection& connection, CreditAccount account) {
    TRY_ASSIGN(const std::vector<Row> rows,
               connection.query(sql::kAmountsOfCreditAccount, {account.id.str()}));
    FundedAccount funded{.account = std::move(account), .granted = {}};
    for (const Row& row : rows) {
        TRY_ASSIGN(const Decimal amount, Decimal::parse(row.text(0)));
        funded.granted += amount;
    }
    return funded;
}

Result<CreditAccount> require_open(Connection& connection, const CustomerId& customer) {
    TRY_ASSIGN(std::optional<CreditAccount> found, find_open(connection, customer));
    if (!found)
        return Error{ErrorCode::kInternal, fmt::format("the account of {} is not there", customer.str())};
    return std::move(*found);
}

Result<CreditAccount> open_or_insert(Connection& connection, const CreditAccount& first) {
    TRY_ASSIGN(const std::optional<CreditAccount> open, find_open(connection, first.customer));
    if (!open) {
        TRY(connection.execute(sql::kInsertCreditAccount,
                               {first.id.str(), first.customer.str(), first.currency, first.since,
                                first.settled_at, static_cast<std::int64_t>(first.settled_used)}));
        return require_open(connection, first.customer);
    }
    if (open->currency != first.currency)
        return Error{ErrorCode::kConflict,
                     fmt::format("the credit of {} is in {}; a customer has one currency at a time",
                                 first.customer.str(), open->currency),
                     "/currency"};
    return *open;
}

std::string grant_id(const CreditGrant& grant) {
    return grant.id.str();
}

}  // namespace

Result<CreditAccount> CreditStore::insert(const CreditGrant& grant, const CreditAccount& first) {
    return database_.write([&](Connection& connection) -> Result<CreditAccount> {
        TRY_ASSIGN(CreditAccount account, open_or_insert(connection, first));
        TRY(connection.execute(sql::kInsertCreditGrant,
                               {grant.id.str(), account.id.str(), grant.customer.str(), grant.amount.str(),
                                grant.currency, grant.description, grant.created_at}));
        TRY(database_.audit(
            connection, "credit.grant", grant.id.str(),
            fmt::format("customer {} {} {}", grant.customer.str(), grant.amount.str(), grant.currency)));
        return account;
    });
}

Result<CreditGrant> CreditStore::make_void(const billing::CreditGrantId& id, Instant at,
                                           std::string_view reason) {
    return database_.write([&](Connection& connection) -> Result<CreditGrant> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kFindCreditGrant, {id.str()}));
        if (rows.empty())
            return Error{ErrorCode::kNotFound, fmt::format("there is no grant {}", id.str())};
        TRY_ASSIGN(CreditGrant grant, read_grant(rows.front()));
        if (grant.voided_at)
            return grant;
        grant.voided_at = at;
        grant.void_reason = std::string(reason);
        TRY(connection.execute(sql::kVoidCreditGrant, {at, reason, id.str()}));
        TRY(database_.audit(connection, "credit.void", id.str(), reason));
        return grant;
    });
}

Result<accounts::Page<CreditGrant>> CreditStore::list(const std::optional<CustomerId>& customer,
                                                      const accounts::PageRequest& page) {
    return database_.read([&](Connection& connection) -> Result<accounts::Page<CreditGrant>> {
        TRY_ASSIGN(const std::int64_t after, position_of(connection, sql::kCreditGrantPosition, page.cursor));
        TRY_ASSIGN(
            const std::vector<Row> rows,
            connection.query(sql::kListCreditGrants,
                             {after, customer ? customer->str() : std::string(), one_more(page.limit)}));
        return page_of<CreditGrant>(rows, page.limit, read_grant, grant_id);
    });
}

Result<std::optional<FundedAccount>> CreditStore::open_account(const CustomerId& customer) {
    return database_.read([&](Connection& connection) -> Result<std::optional<FundedAccount>> {
        TRY_ASSIGN(std::optional<CreditAccount> account, find_open(connection, customer));
        if (!account)
            return std::optional<FundedAccount>();
        TRY_ASSIGN(FundedAccount funded, with_funds(connection, std::move(*account)));
        return std::optional(std::move(funded));
    });
}

Result<std::vector<FundedAccount>> CreditStore::open_accounts() {
    return database_.read([&](Connection& connection) -> Result<std::vector<FundedAccount>> {
        TRY_ASSIGN(const std::vector<Row> rows, connection.query(sql::kListOpenCreditAccounts));
        TRY_ASSIGN(std::vector<CreditAccount> accounts, all_of<CreditAccount>(rows, read_account));
        std::vector<FundedAccount> all;
        for (CreditAccount& account : accounts) {
            TRY_ASSIGN(FundedAccount funded, with_funds(connection, std::move(account)));
            all.push_back(std::move(funded));
        }
        return all;
    });
}

Result<std::optional<CreditAccount>> CreditStore::end(const CustomerId& customer, Instant at) {
    return database_.write([&](Connection& connection) -> Result<std::optional<CreditAccount>> {
        TRY_ASSIGN(std::optional<CreditAccount> account, find_open(connection, customer));
        if (!account)
            return std::optional<CreditAccount>();
        account->ended_at = at;
        TRY(connection.execute(sql::kEndCreditAccount, {at, customer.str()}));
        TRY(database_.audit(connection, "credit.end", account->id.str(), "customer " + customer.str()));
        return account;
    });
}

Status CreditStore::settle(const CreditAccount& account) {
    return database_.write([&](Connection& connection) -> Status {
        TRY(connection.execute(
            sql::kSettleCreditAccount,
            {account.settled_at, static_cast<std::int64_t>(account.settled_used), account.id.str()}));
        return {};
    });
}

}  // namespace tally::state
