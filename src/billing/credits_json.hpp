#pragma once

#include "billing/credits.hpp"

#include <string>
#include <string_view>

namespace tally::billing {

// {"id","customer_id","amount","currency","description","status":"granted"|"void","created_at","voided_at",
// "void_reason"}.
std::string grant_to_json(const CreditGrant& grant);
std::string grants_to_json(const accounts::Page<CreditGrant>& page);
// {"customer_id","currency","granted","spent","balance","state":"open"|"stopped"|"ended","unpriced","since",
// "ended_at","allowance":{"granted","used"}}: allowance counts requests.
std::string balance_to_json(const CreditBalance& balance);

// {"customer"|"customer_id","amount","currency","description"?}.
Result<NewGrant> new_grant_from_json(std::string_view text);
// {"reason"}.
Result<std::string> grant_void_from_json(std::string_view text);
// {"customer"|"customer_id"}.
Result<std::string> credit_end_from_json(std::string_view text);

}  // namespace tally::billing
