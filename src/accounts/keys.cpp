#include "accounts/keys.hpp"

#include "accounts/key_format.hpp"
#include "accounts/names.hpp"
#include "accounts/publication.hpp"
#include "accounts/quota_state.hpp"
#include "base/assert.hpp"
#include "model/principal_digest.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tally::accounts {

namespace {

constexpr std::size_t kImportedSizeMin = 8;
constexpr std::size_t kImportedSizeMax = 256;
// Of a shorter key four characters would give too much of it away.
constexpr std::size_t kShownSizeMin = 20;

Status check_imported(std::string_view value) {
    const auto wrong = [](std::string message) {
        return Error{ErrorCode::kInvalidArgument, std::move(message), "/value"};
    };
    if (value.size() < kImportedSizeMin || value.size() > kImportedSizeMax)
        return wrong(fmt::format("an imported key has {} to {} characters, this one {}", kImportedSizeMin,
                                 kImportedSizeMax, value.size()));
    for (const char c : value)
        if (c <= 0x20 || c >= 0x7F)
            return wrong("an imported key has only visible ASCII characters");
    if (has_key_prefix(value) && !is_well_formed_key(value))
        return wrong(fmt::format(
            "begins with \"{}\", but is not a whole key of this program: its checksum is wrong", kKeyPrefix));
    return {};
}

Status check_principal(std::string_view principal) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (principal.empty() || principal.size() > kPrincipalSizeMax ||
        std::any_of(principal.begin(), principal.end(), control))
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("a principal has 1 to {} bytes of text without control characters",
                                 kPrincipalSizeMax),
                     "/principal"};
    return {};
}

Error unpublished(const Error& cause, const ApiKey& key, std::string_view way_out) {
    return cause.within(fmt::format("{} is stored, but the edge was not told; {}", key.id.str(), way_out));
}

constexpr std::string_view kNextStart = "the next start of the server tells it";
constexpr std::string_view kMakeAnother =
    "its value cannot be shown any more, so revoke it and create another";

}  // namespace

struct Keys::Impl {
    Impl(KeyStore& key_store, Customers& all_customers, UsagePlans& all_plans, KeySecret key_secret,
         Publication& way_to_the_edge, const Clock& time, RandomSource& randomness, std::string issuer)
        : store(key_store),
          customers(all_customers),
          usage_plans(all_plans),
          secret(std::move(key_secret)),
          publication(way_to_the_edge),
          clock(time),
          random(randomness),
          token_issuer(std::move(issuer)) {}

    KeyStore& store;
    Customers& customers;
    UsagePlans& usage_plans;
    KeySecret secret;
    Publication& publication;
    const Clock& clock;
    RandomSource& random;
    const std::string token_issuer;

    Status put_under(ApiKey& key, std::string_view plan, Instant now) {
        key.usage_plan_id = UsagePlanId();
        key.usage_plan.clear();
        key.plan_since.reset();
        if (plan.empty())
            return {};
        TRY_ASSIGN(UsagePlan found, usage_plans.find(plan));
        key.usage_plan_id = std::move(found.id);
        key.usage_plan = std::move(found.name);
        key.plan_since = now;
        return {};
    }

    // All but the parts that come from the value.
    Result<ApiKey> prepare(const NewKey& wanted) {
        if (!wanted.name.empty())
            TRY(check_name(wanted.name, "/name"));
        TRY_ASSIGN(const Customer customer, customers.find(wanted.customer));
        ApiKey key;
        const Instant now = clock.now();
        TRY(put_under(key, wanted.usage_plan, now));
        if (wanted.expires_at && *wanted.expires_at <= now)
            return Error{ErrorCode::kInvalidArgument, "lies in the past", "/expires_at"};
        key.id = KeyId(make_id(random, "key_"));
        key.customer = customer.id;
        key.name = wanted.name;
        key.created_at = now;
        key.expires_at = wanted.expires_at;
        return key;
    }

    void describe_value(ApiKey& key, std::string_view value) const {
        key.prefix = has_key_prefix(value) ? kKeyPrefix : "";
        key.last4 = value.size() >= kShownSizeMin ? value.substr(value.size() - 4) : "";
        key.hmac = secret.hmac(value);
        key.digest = secret.digest(value);
    }

    // What is stored now: between a caller's look and its turn here another may have changed the key.
    Result<ApiKey> read_again(const ApiKey& key) {
        TRY_ASSIGN(std::optional<ApiKey> stored, store.find(key.id));
        TALLY_ASSERT(stored.has_value(), "keys are never removed");
        return std::move(*stored);
    }

    Status tell(const ApiKey& key, std::string_view way_out) {
        if (Status told = publication.tell_key(key); !told.ok())
            return unpublished(told.error(), key, way_out);
        return {};
    }

    Status keep_and_publish(ApiKey& key, std::string_view way_out) {
        const auto held = publication.hold();
        TRY_ASSIGN(key.ordinal, store.insert(key));
        return tell(key, way_out);
    }

    Result<ApiKey> change_key(const ApiKey& found, const KeyChange& change) {
        const auto held = publication.hold();
        TRY_ASSIGN(const ApiKey before, read_again(found));
        ApiKey key = before;
        key.name = change.name.value_or(key.name);
        if (change.usage_plan)
            TRY(put_under(key, *change.usage_plan, clock.now()));
        const bool moves = key.usage_plan_id != before.usage_plan_id;
        if (!moves)
            key.plan_since = before.plan_since;
        else if (key.status == KeyStatus::kRevoked)
            return Error{ErrorCode::kInvalidArgument, before.id.str() + " is revoked", "/usage_plan"};
        TRY(store.change(key));
        if (!moves)
            return key;
        TRY(tell(key, kNextStart));
        if (Status started = publication.start_count(key); !started.ok())
            return unpublished(started.error(), key, kNextStart);
        return key;
    }

    Result<ApiKey> revoke_key(const ApiKey& found) {
        const auto held = publication.hold();
        TRY_ASSIGN(ApiKey key, read_again(found));
        if (key.status != KeyStatus::kRevoked) {
            key.status = KeyStatus::kRevoked;
            key.revoked_at = clock.now();
            TRY(store.update(key));
        }
        if (Status told = publication.revoke_key(key); !told.ok())
            return unpublished(told.error(), key, kNextStart);
        return key;
    }

    Status set_end(const ApiKey& found, Instant end) {
        const auto held = publication.hold();
        TRY_ASSIGN(ApiKey key, read_again(found));
        if (key.status == KeyStatus::kRevoked || (key.expires_at && *key.expires_at <= end))
            return {};
        key.expires_at = end;
        TRY(store.update(key));
        return tell(key, kNextStart);
    }

    Result<CreatedKey> create(const NewKey& wanted) {
        TRY_ASSIGN(ApiKey key, prepare(wanted));
        Secret value = make_key(random);
        describe_value(key, value.reveal());
        TRY(keep_and_publish(key, kMakeAnother));
        return CreatedKey{std::move(key), std::move(value)};
    }
};

Keys::Keys(KeyStore& store, Customers& customers, UsagePlans& usage_plans, KeySecret secret,
           Publication& publication, const Clock& clock, RandomSource& random, std::string token_issuer)
    : impl_(std::make_unique<Impl>(store, customers, usage_plans, std::move(secret), publication, clock,
                                   random, std::move(token_issuer))) {}

Keys::~Keys() = default;

Result<CreatedKey> Keys::create(const NewKey& wanted) {
    return impl_->create(wanted);
}

Result<ApiKey> Keys::import_value(const NewKey& wanted, const Secret& value) {
    TRY(check_imported(value.reveal()));
    TRY_ASSIGN(ApiKey key, impl_->prepare(wanted));
    impl_->describe_value(key, value.reveal());
    TRY(impl_->keep_and_publish(key, kNextStart));
    return key;
}

Result<ApiKey> Keys::create_principal(const NewKey& wanted, const std::string& principal) {
    if (impl_->token_issuer.empty())
        return Error{ErrorCode::kInvalidArgument,
                     "no issuer of tokens is configured; set jwt_issuer in [edge] of tallyman.toml",
                     "/principal"};
    TRY(check_principal(principal));
    TRY_ASSIGN(ApiKey key, impl_->prepare(wanted));
    key.issuer = impl_->token_issuer;
    key.principal = principal;
    key.hmac = impl_->secret.hmac("principal" + std::string(1, '\0') + key.issuer + '\0' + principal);
    key.digest = impl_->secret.principal_digest(key.issuer, principal);
    TRY(impl_->keep_and_publish(key, kNextStart));
    return key;
}

Result<ApiKey> Keys::find(std::string_view reference) {
    TRY_ASSIGN(std::optional<ApiKey> by_id, impl_->store.find(KeyId(std::string(reference))));
    if (by_id)
        return std::move(*by_id);
    // A key's own value is never looked for, nor repeated in a message.
    if (has_key_prefix(reference))
        return Error{ErrorCode::kInvalidArgument, "name the key by its id (key_…) or name, not by its value"};
    TRY_ASSIGN(std::vector<ApiKey> by_name, impl_->store.find_by_name(reference));
    if (by_name.size() > 1)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("several keys are named \"{}\" (e.g. {} and {}); use an id", reference,
                                 by_name[0].id.str(), by_name[1].id.str())};
    if (by_name.empty())
        return Error{ErrorCode::kNotFound, fmt::format("no key has the id or name \"{}\"", reference)};
    return std::move(by_name.front());
}

Result<ApiKey> Keys::update(std::string_view reference, const KeyChange& change) {
    if (change.name && !change.name->empty())
        TRY(check_name(*change.name, "/name"));
    TRY_ASSIGN(const ApiKey key, find(reference));
    return impl_->change_key(key, change);
}

Result<KeyLimits> Keys::limits(const ApiKey& key) {
    if (key.usage_plan_id.empty())
        return KeyLimits();
    TRY_ASSIGN(const UsagePlan plan, impl_->usage_plans.find(key.usage_plan_id.str()));
    return limits_of(key, plan, impl_->publication.count_of(key), impl_->clock.now());
}

Result<Page<KeyWithLimits>> Keys::list_of_plan(std::string_view plan, const PageRequest& page) {
    TRY(check_page(page));
    TRY_ASSIGN(const UsagePlan of, impl_->usage_plans.find(plan));
    TRY_ASSIGN(Page<ApiKey> keys, impl_->store.list_of_plan(of.id, page));
    Page<KeyWithLimits> out;
    out.next_cursor = std::move(keys.next_cursor);
    const Instant now = impl_->clock.now();
    for (ApiKey& key : keys.data) {
        KeyLimits limits = limits_of(key, of, impl_->publication.count_of(key), now);
        out.data.push_back({std::move(key), std::move(limits)});
    }
    return out;
}

Result<ApiKey> Keys::revoke(std::string_view reference) {
    TRY_ASSIGN(const ApiKey key, find(reference));
    return impl_->revoke_key(key);
}

Result<CreatedKey> Keys::rotate(std::string_view reference, std::optional<Microseconds> overlap) {
    TRY_ASSIGN(const ApiKey old, find(reference));
    if (old.status == KeyStatus::kRevoked)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{} is revoked; create a new key for {}", old.id.str(), old.customer.str())};
    if (!old.principal.empty())
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{} is the principal \"{}\" of a token issuer: there is no value to rotate",
                                 old.id.str(), old.principal)};
    if (overlap && overlap->count() < 0)
        return Error{ErrorCode::kInvalidArgument, "must not be negative", "/overlap_seconds"};
    TRY_ASSIGN(CreatedKey made, impl_->create({.customer = old.customer.str(),
                                               .name = old.name,
                                               .usage_plan = old.usage_plan_id.str(),
                                               .expires_at = std::nullopt}));
    if (overlap)
        TRY(impl_->set_end(old, impl_->clock.now() + *overlap));
    return made;
}

Result<Page<ApiKey>> Keys::list(std::string_view customer, const PageRequest& page) {
    TRY(check_page(page));
    std::optional<CustomerId> of;
    if (!customer.empty()) {
        TRY_ASSIGN(const Customer found, impl_->customers.find(customer));
        of = found.id;
    }
    return impl_->store.list(of, page);
}

Result<std::optional<ApiKey>> Keys::identify(std::string_view value) {
    if (has_key_prefix(value) && !is_well_formed_key(value))
        return std::optional<ApiKey>();
    TRY_ASSIGN(std::optional<ApiKey> found, impl_->store.find_by_digest(impl_->secret.digest(value)));
    const std::string hmac = impl_->secret.hmac(value);
    if (!found || !equal_in_constant_time(found->hmac, hmac))
        return std::optional<ApiKey>();
    return found;
}

Result<int> Keys::revoke_expired() {
    TRY_ASSIGN(const std::vector<ApiKey> expired, impl_->store.past_their_end(impl_->clock.now()));
    for (const ApiKey& key : expired)
        TRY(impl_->revoke_key(key));
    return static_cast<int>(expired.size());
}

}  // namespace tally::accounts
