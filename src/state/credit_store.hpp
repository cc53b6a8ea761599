#pragma once

#include "billing/credits.hpp"
#include "state/database.hpp"

namespace tally::state {

// billing::CreditStore over the state database. `database` must outlive it.
class CreditStore final : public billing::CreditStore {
  public:
    explicit CreditStore(Database& database) : database_(database) {}

    Result<billing::CreditAccount> insert(const billing::CreditGrant& grant,
                                          const billing::CreditAccount& first) override;
    Result<billing::CreditGrant> make_void(const billing::CreditGrantId& id, Instant at,
                                           std::string_view reason) override;
    Result<accounts::Page<billing::CreditGrant>> list(const std::optional<CustomerId>& customer,
                                                      const accounts::PageRequest& page) override;
    Result<std::optional<billing::FundedAccount>> open_account(const CustomerId& customer) override;
    Result<std::vector<billing::FundedAccount>> open_accounts() override;
    Result<std::optional<billing::CreditAccount>> end(const CustomerId& customer, Instant at) override;
    Status settle(const billing::CreditAccount& account) override;

  private:
    Database& database_;
};

}  // namespace tally::state
