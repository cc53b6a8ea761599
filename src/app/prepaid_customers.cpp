#include "app/prepaid_customers.hpp"

namespace tally::app {

Status PrepaidCustomers::load(billing::CreditStore& store, edge::LimitFile& limits) {
    TRY_ASSIGN(const auto accounts, store.open_accounts());
    for (const billing::FundedAccount& funded : accounts) {
        TRY(limits.reserve(0, funded.account.ordinal));
        put(funded.account.customer, funded.account.ordinal);
    }
    return {};
}

std::uint32_t PrepaidCustomers::account_of(const CustomerId& customer) const {
    const std::lock_guard lock(mutex_);
    const auto found = ordinals_.find(customer);
    return found == ordinals_.end() ? 0 : found->second;
}

void PrepaidCustomers::put(const CustomerId& customer, std::uint32_t ordinal) {
    const std::lock_guard lock(mutex_);
    ordinals_[customer] = ordinal;
}

void PrepaidCustomers::remove(const CustomerId& customer) {
    const std::lock_guard lock(mutex_);
    ordinals_.erase(customer);
}

}  // namespace tally::app
