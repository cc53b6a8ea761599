#pragma once

#include "accounts/page.hpp"
#include "base/result.hpp"
#include "billing/subscriptions.hpp"

#include <string>
#include <string_view>

namespace tally::billing {

// {"id","customer_id","plan","version","from","to","status","created_at","canceled_at"}
std::string subscription_to_json(const Subscription& subscription);
std::string subscriptions_to_json(const accounts::Page<Subscription>& page);
// {"customer","plan","from"?,"to"?}; "customer_id" is taken as "customer".
Result<NewSubscription> new_subscription_from_json(std::string_view text);
// {"at"?}; an empty text = {}. The instant's text, empty = now.
Result<std::string> cancellation_from_json(std::string_view text);

}  // namespace tally::billing
