#pragma once

#include "billing/invoice.hpp"
#include "billing/invoice_pricing.hpp"
#include "billing/invoices.hpp"

#include <string>

namespace tally::billing {

// Compares an invoice with what its snapshot gives today, to the last digit and byte. `previous_hash` is the
// hash of the invoice numbered before it, empty when there is none to compare with.
Proof prove_invoice(const Invoice& invoice, const PricedContent& again, const std::string& previous_hash);

}  // namespace tally::billing
