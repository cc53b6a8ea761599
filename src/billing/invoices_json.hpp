#pragma once

#include "accounts/page.hpp"
#include "base/result.hpp"
#include "billing/invoice.hpp"
#include "billing/invoices.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tally::billing {

// The resource: {"id","number","status","customer_id","subscription_id","plan","plan_version","currency",
// "timezone","period":{"from","to"},"snapshot_id","lines":[{"charge","description","group"?,"meter",
// "meter_version","plan","plan_version","snapshot_id","rows","metered","quantity","amount","prorated"?,"digest",
// "steps":[…]}],"subtotal","discounts","minimum_adjustment","tax","credits","total","hash","previous_hash",
// "created_at","finalized_at","voided_at","void_reason"}. Snapshot ids are texts, as all ids.
std::string invoice_to_json(const Invoice& invoice);
std::string invoices_page_to_json(const accounts::Page<Invoice>& page);
// {"invoices":[…]}: the answer to run and preview.
std::string invoices_to_json(const std::vector<Invoice>& invoices);
// {"id","number","lines":[{"charge","group"?,"snapshot_id","rows","quantity","amount","digest","proved",
// "difference"?}],"differences":[…],"proved"}
std::string proof_to_json(const Proof& proof);

// {"month"|"as_of","customer"?,"draft"?,"reissue"?}; "customer_id" is taken as "customer".
Result<RunOptions> run_options_from_json(std::string_view text);
// {"month"?|"as_of"?,"customer"?}
Result<PreviewOptions> preview_options_from_json(std::string_view text);
// {"reason"?}; an empty text = {}.
Result<std::string> void_reason_from_json(std::string_view text);

}  // namespace tally::billing
