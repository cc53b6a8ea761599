#pragma once

#include "accounts/customers.hpp"
#include "accounts/page.hpp"
#include "base/clock.hpp"
#include "base/decimal.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Customers who pay ahead: docs/how-to/prepaid-credit.md.
namespace tally::billing {

using CreditAccountId = StrongId<struct CreditAccountIdTag>;
using CreditGrantId = StrongId<struct CreditGrantIdTag>;

// The time in which a customer pays ahead, from its first grant until it is made to pay later again. A
// customer has at most one that has not ended.
struct CreditAccount {
    CreditAccountId id;  // cra_…
    CustomerId customer;
    std::uint32_t ordinal = 0;  // the customer's at the edge, from 1, never another's
    std::string currency;
    Instant since;  // the periods that end after it are paid from the credit
    std::optional<Instant> ended_at;
    // The first settled_used requests of the edge's allowance came before settled_at, and have long been
    // priced.
    Instant settled_at;
    std::uint64_t settled_used = 0;
};

// Money paid ahead. Never changes; withdrawn as a whole or not at all.
struct CreditGrant {
    CreditGrantId id;  // crd_…
    CreditAccountId account;
    CustomerId customer;
    Decimal amount;  // above 0
    std::string currency;
    std::string description;  // for people; may be empty
    Instant created_at;
    std::optional<Instant> voided_at;
    std::string void_reason;  // empty iff not void
};

struct NewGrant {
    std::string customer;  // id, external id or unique name
    std::string amount;    // "10.00"
    std::string currency;  // ISO 4217
    std::string description = {};
};

// An account and what was granted and not withdrawn in it.
struct FundedAccount {
    CreditAccount account;
    Decimal granted;
};

// How a prepaid customer stands, as far as requests have been captured.
struct CreditBalance {
    CreditAccount account;
    Decimal granted;
    Decimal spent;                        // the totals of the account's periods, the running ones up to now
    bool unpriced = false;                // no plan in the account's currency: nothing can be spent
    std::uint64_t allowance_granted = 0;  // requests that the edge may let in, ever
    std::uint64_t allowance_used = 0;     // requests that it has let in

    [[nodiscard]] Decimal balance() const { return granted - spent; }

    [[nodiscard]] bool open() const { return allowance_used < allowance_granted; }
};

// A port: state/ implements it. Thread-safe; every call is one transaction, durable when it returns success.
class CreditStore {
  public:
    virtual ~CreditStore() = default;
    // Keeps the grant in the customer's open account, or in `first` when there is none: the account, its
    // ordinal filled in. kConflict when the open account is in another currency.
    [[nodiscard]] virtual Result<CreditAccount> insert(const CreditGrant& grant,
                                                       const CreditAccount& first) = 0;
    // A void grant stays void since the first time. kNotFound.
    [[nodiscard]] virtual Result<CreditGrant> make_void(const CreditGrantId& id, Instant at,
                                                        std::string_view reason) = 0;
    // `customer` nullopt = of all.
    [[nodiscard]] virtual Result<accounts::Page<CreditGrant>> list(const std::optional<CustomerId>& customer,
                                                                   const accounts::PageRequest& page) = 0;
    [[nodiscard]] virtual Result<std::optional<FundedAccount>> open_account(const CustomerId& customer) = 0;
    [[nodiscard]] virtual Result<std::vector<FundedAccount>> open_accounts() = 0;
    // Ends the customer's open account, if there is one.
    [[nodiscard]] virtual Result<std::optional<CreditAccount>> end(const CustomerId& customer,
                                                                   Instant at) = 0;
    // Writes settled_at and settled_used.
    [[nodiscard]] virtual Status settle(const CreditAccount& account) = 0;
};

// Where requests are let in. A port: app implements it over the edge's limit file. Thread-safe.
class CreditEdge {
  public:
    virtual ~CreditEdge() = default;
    // Makes the edge obey what is stored of the customer's credit now; obeyed when this returns.
    [[nodiscard]] virtual Status apply(const CustomerId& customer) = 0;
    // Prices what is captured, newest requests included.
    [[nodiscard]] virtual Result<CreditBalance> balance(const FundedAccount& account) = 0;
};

// The rules of credit. Every change goes to the store first and to the edge after: a crash in between is
// mended at the next start. When the edge cannot be told the change stays, and the error says so.
// Thread-safe; what it is given must outlive it.
class Credits {
  public:
    Credits(CreditStore& store, accounts::Customers& customers, CreditEdge& edge, const Clock& clock,
            RandomSource& random)
        : store_(store), customers_(customers), edge_(edge), clock_(clock), random_(random) {}

    // The first grant makes the customer pay ahead. The amount has at most the currency's digits.
    Result<CreditGrant> grant(const NewGrant& wanted);
    // A customer without any credit left stays prepaid, and is stopped.
    Result<CreditGrant> make_void(std::string_view id, std::string_view reason);
    // The customer pays later again, from its running periods on; how it stood at the end. What is left of
    // the credit is not carried over into a later account. kNotFound when it does not pay ahead.
    Result<CreditBalance> end(std::string_view customer);
    // kNotFound when the customer does not pay ahead.
    Result<CreditBalance> balance(std::string_view customer);
    // `customer`: id, external id or unique name; empty = of all.
    Result<accounts::Page<CreditGrant>> list(std::string_view customer, const accounts::PageRequest& page);

  private:
    Result<FundedAccount> account_of(std::string_view customer);
    Status tell(const CustomerId& customer, std::string_view what);

    CreditStore& store_;
    accounts::Customers& customers_;
    CreditEdge& edge_;
    const Clock& clock_;
    RandomSource& random_;
};

}  // namespace tally::billing
