#pragma once

#include "billing/credit_costs.hpp"
#include "query/query_engine.hpp"

namespace tally::app {

// billing -> usage: what was used up to this moment, in the lake and beyond it. `engine` must outlive it.
class LakeLiveUsage final : public billing::LiveUsage {
  public:
    explicit LakeLiveUsage(query::QueryEngine& engine) : engine_(engine) {}

    [[nodiscard]] Result<std::vector<usage::MeterReading>> read(const Meter& meter,
                                                                const CustomerId& customer,
                                                                const rating::Period& period) override;
    [[nodiscard]] Result<std::uint64_t> admitted(const CustomerId& customer,
                                                 const rating::Period& period) override;

  private:
    query::QueryEngine& engine_;
};

}  // namespace tally::app
