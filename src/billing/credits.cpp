#include "billing/credits.hpp"

#include "accounts/names.hpp"
#include "rating/currency.hpp"

#include <utility>

#include <fmt/format.h>

namespace tally::billing {

namespace {

constexpr std::size_t kAmountDigitsMax = 18;

Error at(const Error& error, std::string_view pointer) {
    return Error{error.code, error.message, std::string(pointer)};
}

Result<Decimal> amount_of(const NewGrant& wanted) {
    const Result<std::int32_t> digits = rating::currency_digits(wanted.currency);
    if (!digits.ok())
        return at(digits.error(), "/currency");
    const Result<Decimal> amount = Decimal::parse(wanted.amount);
    if (!amount.ok())
        return at(amount.error(), "/amount");
    if (amount->sign() <= 0)
        return Error{ErrorCode::kInvalidArgument, fmt::format("{} is not above 0", wanted.amount), "/amount"};
    const Decimal rounded = amount->rounded(*digits, RoundingMode::kDown);
    if (rounded != *amount)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{} has more than the {} digits behind the point that {} has", wanted.amount,
                                 *digits, wanted.currency),
                     "/amount"};
    if (rounded.str().size() > kAmountDigitsMax)
        return Error{ErrorCode::kInvalidArgument, fmt::format("{} is too large", wanted.amount), "/amount"};
    return rounded;
}

}  // namespace

Status Credits::tell(const CustomerId& customer, std::string_view what) {
    if (const Status told = edge_.apply(customer); !told.ok())
        return told.error().within(
            fmt::format("{} is stored, but the edge was not told; the server tells it as soon as it can, or "
                        "at its next start",
                        what));
    return {};
}

Result<CreditGrant> Credits::grant(const NewGrant& wanted) {
    TRY_ASSIGN(const accounts::Customer customer, customers_.find(wanted.customer));
    CreditGrant grant;
    TRY_ASSIGN(grant.amount, amount_of(wanted));
    if (!wanted.description.empty())
        TRY(accounts::check_name(wanted.description, "/description"));
    grant.id = CreditGrantId(make_id(random_, "crd_"));
    grant.customer = customer.id;
    grant.currency = wanted.currency;
    grant.description = wanted.description;
    grant.created_at = clock_.now();
    CreditAccount first;
    first.id = CreditAccountId(make_id(random_, "cra_"));
    first.customer = customer.id;
    first.currency = wanted.currency;
    first.since = grant.created_at;
    first.settled_at = grant.created_at;
    TRY_ASSIGN(const CreditAccount account, store_.insert(grant, first));
    grant.account = account.id;
    TRY(tell(customer.id, grant.id.str()));
    return grant;
}

Result<CreditGrant> Credits::make_void(std::string_view id, std::string_view reason) {
    TRY(accounts::check_name(reason, "/reason"));
    TRY_ASSIGN(CreditGrant grant, store_.make_void(CreditGrantId(std::string(id)), clock_.now(), reason));
    TRY(tell(grant.customer, "that it is void"));
    return grant;
}

Result<CreditBalance> Credits::end(std::string_view customer) {
    TRY_ASSIGN(const FundedAccount found, account_of(customer));
    TRY_ASSIGN(CreditBalance balance, edge_.balance(found));
    TRY_ASSIGN(const std::optional<CreditAccount> ended, store_.end(found.account.customer, clock_.now()));
    TRY(tell(found.account.customer, "that the account has ended"));
    if (ended)
        balance.account = *ended;
    return balance;
}

Result<CreditBalance> Credits::balance(std::string_view customer) {
    TRY_ASSIGN(const FundedAccount found, account_of(customer));
    return edge_.balance(found);
}

Result<accounts::Page<CreditGrant>> Credits::list(std::string_view customer,
                                                  const accounts::PageRequest& page) {
    TRY(accounts::check_page(page));
    std::optional<CustomerId> of;
    if (!customer.empty()) {
        TRY_ASSIGN(const accounts::Customer found, customers_.find(customer));
        of = found.id;
    }
    return store_.list(of, page);
}

Result<FundedAccount> Credits::account_of(std::string_view customer) {
    TRY_ASSIGN(const accounts::Customer found, customers_.find(customer));
    TRY_ASSIGN(std::optional<FundedAccount> account, store_.open_account(found.id));
    if (!account)
        return Error{
            ErrorCode::kNotFound,
            fmt::format("{} does not pay ahead; a first grant of credit makes it do so", found.id.str())};
    return std::move(*account);
}

}  // namespace tally::billing
