#pragma once

#include "base/result.hpp"
#include "billing/invoice.hpp"
#include "billing/invoice_ports.hpp"
#include "billing/meters.hpp"
#include "rating/plan.hpp"

#include <string>
#include <vector>

namespace tally::billing {

// What a measurement and rating give: the part of an invoice that can be computed again.
struct PricedContent {
    std::vector<InvoiceLine> lines;
    InvoiceTotals totals;
};

// Measures and rates `invoice` (its customer, period, active part, snapshot, meter versions and plan version,
// of which `plan` is the content). The same invoice always gives the same content.
Result<PricedContent> price_invoice(const Invoice& invoice, const rating::Plan& plan, Meters& meters,
                                    MeterSource& source);

// The newest version of each meter that the plan names.
Result<std::map<std::string, int>> newest_meter_versions(const rating::Plan& plan, Meters& meters);

}  // namespace tally::billing
