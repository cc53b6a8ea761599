#pragma once

#include "accounts/customers.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tally::accounts {

// {"id","external_id","name","timezone","created_at","updated_at"}; external_id is null when there is none.
std::string customer_to_json(const Customer& customer);
std::string customers_to_json(const Page<Customer>& page);
// {"name","external_id"?,"timezone"?}. Unknown fields are kInvalidArgument with a JSON pointer.
Result<NewCustomer> new_customer_from_json(std::string_view text);
// The same fields, each optional; "external_id":null takes it away.
Result<CustomerChange> customer_change_from_json(std::string_view text);

}  // namespace tally::accounts
