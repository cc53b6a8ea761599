#pragma once

#include "accounts/keys.hpp"
#include "accounts/quota_state.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tally::accounts {

// {"id","customer_id","name","usage_plan","display":"tm_live_…abcd","principal","status","created_at",
// "revoked_at","expires_at"}: never the key, its hash or its digest. A principal is its own display.
std::string key_to_json(const ApiKey& key);
// The same with "key": the only document that shows it. The text is as secret as the key.
Secret created_key_to_json(const CreatedKey& created);
std::string keys_to_json(const Page<ApiKey>& page);
// The record with "throttle":{"rate_limit","burst_limit"} or null and "quota":{"limit","offset","used",
// "remaining","period","resets_at"} or null.
std::string key_with_limits_to_json(const KeyWithLimits& key);
// The use of a plan's keys: {"data":[{"key_id","customer_id","name","status","quota"}],"next_cursor"}.
std::string plan_usage_to_json(const Page<KeyWithLimits>& page);

// A request for a key: {"customer","name"?,"usage_plan"?,"expires_at"?,"value"?,"import"?,"principal"?}.
// "value" needs "import":true, and the other way round; nullopt = make a new key. "customer_id" is taken as
// "customer".
struct KeyRequest {
    NewKey key;
    std::optional<Secret> value;
    std::optional<std::string> principal;  // whom tokens name, instead of a value
};

Result<KeyRequest> key_request_from_json(std::string_view text);

// {"name"?,"usage_plan"?}; null takes it away.
Result<KeyChange> key_change_from_json(std::string_view text);

// {"overlap_seconds"?}; an empty text = {}. nullopt = the old key stays until it is revoked.
Result<std::optional<Microseconds>> rotation_from_json(std::string_view text);

}  // namespace tally::accounts
