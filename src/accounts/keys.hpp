#pragma once

#include "accounts/customers.hpp"
#include "accounts/key_secret.hpp"
#include "accounts/page.hpp"
#include "accounts/usage_plans.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/siphash.hpp"
#include "base/strong_id.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::accounts {

class Publication;
struct KeyLimits;
struct KeyWithLimits;

enum class KeyStatus { kActive, kRevoked };

// What is kept of an API key: enough to know it again, not enough to use it.
struct ApiKey {
    KeyId id;                   // key_…
    std::uint32_t ordinal = 0;  // its number at the edge, from 1, never another key's; 0 = not stored yet
    CustomerId customer;
    std::string name;
    UsagePlanId usage_plan_id;          // empty = none
    std::string usage_plan;             // the plan's name now; empty = none
    std::optional<Instant> plan_since;  // when it came under its plan; set iff it is under one
    std::string prefix;                 // "tm_live_"; empty for a taken-over key
    std::string last4;  // empty where four characters would tell too much (imported, under 20)
    std::string hmac;   // 64 hex digits, KeySecret::hmac
    Digest128 digest;   // KeySecret::digest, or KeySecret::principal_digest
    // Whom tokens of this issuer name, where the key is a principal and no value; both empty otherwise
    std::string issuer = {};
    std::string principal = {};
    KeyStatus status = KeyStatus::kActive;
    Instant created_at;
    std::optional<Instant> revoked_at;  // set iff revoked
    std::optional<Instant> expires_at;  // exclusive; nullopt = never
};

struct NewKey {
    std::string customer;  // id, external id or unique name
    std::string name = {};
    std::string usage_plan = {};  // id or name; empty = none
    std::optional<Instant> expires_at = {};
};

// nullopt = leave as it is; an empty text takes it away.
struct KeyChange {
    std::optional<std::string> name = {};
    std::optional<std::string> usage_plan = {};  // id or name
};

// The one moment in which the key itself exists outside of its owner's hands.
struct CreatedKey {
    ApiKey key;
    Secret value;
};

// A port: state/ implements it. Thread-safe; a write is durable when it returns success.
class KeyStore {
  public:
    virtual ~KeyStore() = default;
    // The key's ordinal. kAlreadyExists when the same key value is there already, also under another customer
    // or revoked.
    [[nodiscard]] virtual Result<std::uint32_t> insert(const ApiKey& key) = 0;
    // Writes status, revoked_at and expires_at. kNotFound.
    [[nodiscard]] virtual Status update(const ApiKey& key) = 0;
    // Writes name, usage_plan_id and plan_since. kNotFound.
    [[nodiscard]] virtual Status change(const ApiKey& key) = 0;
    [[nodiscard]] virtual Result<std::optional<ApiKey>> find(const KeyId& id) = 0;
    [[nodiscard]] virtual Result<std::optional<ApiKey>> find_by_digest(Digest128 digest) = 0;
    // At most two: enough to tell whether the name is unique.
    [[nodiscard]] virtual Result<std::vector<ApiKey>> find_by_name(std::string_view name) = 0;
    // `customer` nullopt = of all.
    [[nodiscard]] virtual Result<Page<ApiKey>> list(const std::optional<CustomerId>& customer,
                                                    const PageRequest& page) = 0;
    [[nodiscard]] virtual Result<Page<ApiKey>> list_of_plan(const UsagePlanId& plan,
                                                            const PageRequest& page) = 0;
    [[nodiscard]] virtual Result<std::vector<ApiKey>> all() = 0;
    // Active keys whose end is `now` or before; quick, however many keys there are.
    [[nodiscard]] virtual Result<std::vector<ApiKey>> past_their_end(Instant now) = 0;
    [[nodiscard]] virtual Result<std::vector<ApiKey>> all_of_plan(const UsagePlanId& plan) = 0;
    [[nodiscard]] virtual Result<std::vector<ApiKey>> all_of_customer(const CustomerId& customer) = 0;
};

// What the edge has to know of a key.
struct PublishedKey {
    Digest128 digest;
    KeyId id;
    CustomerId customer;
    std::string usage_plan;  // name; empty = none
    bool revoked = false;
    std::optional<Instant> expires_at;  // exclusive
    std::uint32_t ordinal = 0;
    std::uint32_t plan_ordinal = 0;       // 0 = under no plan
    std::uint32_t credit_account = 0;     // 0 = its customer does not pay ahead
    std::int64_t first_quota_period = 0;  // quota_period_number in which it came under its plan's quota
};

// Carries keys to where requests are let in. A port: app implements it over the edge's key table and limit
// file, where a key has its accounts before it is let in. Calls come one at a time. What was published before
// a crash is rebuilt at the next start.
class KeyPublisher {
  public:
    virtual ~KeyPublisher() = default;
    // Adds the key, or replaces what is known of it.
    [[nodiscard]] virtual Status publish(const PublishedKey& key) = 0;
    [[nodiscard]] virtual Status revoke(const PublishedKey& key) = 0;
    // Replaces everything, revoked keys included (the edge tells revoked from unknown).
    [[nodiscard]] virtual Status rebuild(const std::vector<PublishedKey>& all) = 0;
};

// The rules of keys. Every change goes to the store first and is published after: a crash in between is
// mended by Publication::tell_all() at the next start. When publishing fails the change stays, and the error
// says so.
// Thread-safe; what it is given must outlive it.
class Keys {
  public:
    // `token_issuer`: whose tokens name principals; empty = nobody's.
    Keys(KeyStore& store, Customers& customers, UsagePlans& usage_plans, KeySecret secret,
         Publication& publication, const Clock& clock, RandomSource& random, std::string token_issuer = {});
    ~Keys();

    Result<CreatedKey> create(const NewKey& wanted);
    // Takes over a key that clients have already: 8 to 256 visible ASCII characters. A value that begins like
    // a key of ours must be a well-formed one.
    Result<ApiKey> import_value(const NewKey& wanted, const Secret& value);
    // Lets callers in by tokens that name this principal: 1 to 255 bytes of text without control characters,
    // as the tokens of the issuer have it. kInvalidArgument where no issuer is configured; kAlreadyExists
    // when the principal belongs to somebody already, also if it was revoked.
    Result<ApiKey> create_principal(const NewKey& wanted, const std::string& principal);
    // By id or unique name.
    Result<ApiKey> find(std::string_view reference);
    // Obeyed at the key's next request. Under another plan it starts with an unused quota, whose offset
    // counts in the running period. kInvalidArgument for a plan of a revoked key.
    Result<ApiKey> update(std::string_view reference, const KeyChange& change);
    // What limits the key and what it has used of it, this moment.
    Result<KeyLimits> limits(const ApiKey& key);
    // The keys of a plan (id or name), revoked ones included, in pages.
    Result<Page<KeyWithLimits>> list_of_plan(std::string_view plan, const PageRequest& page);
    // Idempotent: a revoked key stays revoked since the first time.
    Result<ApiKey> revoke(std::string_view reference);
    // A new key for the same customer, name and usage plan, with a quota of its own. The old one stays until
    // it is revoked, or ends by itself after `overlap`. kInvalidArgument for a principal, which has no value.
    Result<CreatedKey> rotate(std::string_view reference, std::optional<Microseconds> overlap = std::nullopt);
    // `customer`: id, external id or unique name; empty = of all.
    Result<Page<ApiKey>> list(std::string_view customer, const PageRequest& page);

    // The key of a value that a client sent or that stands in a log; nullopt when it is not one of ours. A
    // value with our prefix and a wrong checksum is refused without a look-up; comparison takes constant
    // time.
    Result<std::optional<ApiKey>> identify(std::string_view value);

    // Revokes what has expired; the number of keys. The edge checks expiry too; this keeps the record
    // straight.
    Result<int> revoke_expired();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::accounts
