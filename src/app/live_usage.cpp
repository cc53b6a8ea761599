#include "app/live_usage.hpp"

#include "usage/usage.hpp"

namespace tally::app {

Result<std::vector<usage::MeterReading>> LakeLiveUsage::read(const Meter& meter, const CustomerId& customer,
                                                             const rating::Period& period) {
    return usage::measure(engine_, meter, {customer, period.from, period.to, query::Cut{}});
}

Result<std::uint64_t> LakeLiveUsage::admitted(const CustomerId& customer, const rating::Period& period) {
    return usage::admitted_requests(engine_, customer, period.from, period.to);
}

}  // namespace tally::app
