#pragma once

#include "accounts/json_object.hpp"
#include "accounts/usage_limits.hpp"
#include "base/json_writer.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace tally::accounts {

// Limits in the words of API Gateway: {"throttle":{"rate_limit":0.5,"burst_limit":1} or null,
// "quota":{"limit":10000,"period":"MONTH","offset":0} or null,"method_throttles":[{"method":"GET",
// "path":"/v1/a*","rate_limit":5,"burst_limit":10}]}.

// The value of "throttle", and that of "quota".
JsonWriter& write_throttle(JsonWriter& json, const std::optional<Throttle>& throttle);
JsonWriter& write_quota(JsonWriter& json, const std::optional<Quota>& quota);
// The three members, inside of an object.
JsonWriter& write_limits(JsonWriter& json, const UsageLimits& limits);

// The three fields of a change: what is absent stays, null removes.
Result<LimitsChange> read_limits_change(JsonObject& object);

// Limits alone, as the state database keeps them.
std::string limits_to_json(const UsageLimits& limits);
Result<UsageLimits> limits_from_json(std::string_view text);

}  // namespace tally::accounts
