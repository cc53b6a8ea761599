#pragma once

#include "base/strong_id.hpp"
#include "billing/credits.hpp"
#include "edge/limit_file.hpp"

#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace tally::app {

// Which customers pay ahead, as the edge is told with each key. Thread-safe.
class PrepaidCustomers {
  public:
    // Reads them and makes room for their accounts. Call it before keys are told to the edge.
    Status load(billing::CreditStore& store, edge::LimitFile& limits);

    // The customer's account in the limit file; 0 = pays later.
    [[nodiscard]] std::uint32_t account_of(const CustomerId& customer) const;

    void put(const CustomerId& customer, std::uint32_t ordinal);
    void remove(const CustomerId& customer);

  private:
    mutable std::mutex mutex_;
    std::unordered_map<CustomerId, std::uint32_t> ordinals_;  // guarded by mutex_
};

}  // namespace tally::app
