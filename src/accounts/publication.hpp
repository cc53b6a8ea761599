#pragma once

#include "accounts/keys.hpp"
#include "accounts/usage_plans.hpp"
#include "base/result.hpp"
#include "model/usage_limits.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tally::accounts {

// What the edge has to know of a usage plan.
struct PublishedPlan {
    std::uint32_t ordinal = 0;
    std::string name;
    UsageLimits limits;
};

// Carries plans to where requests are let in. A port, as KeyPublisher.
class PlanPublisher {
  public:
    virtual ~PlanPublisher() = default;
    // Adds the plan, or replaces what is known of it.
    [[nodiscard]] virtual Status publish(const PublishedPlan& plan) = 0;
    [[nodiscard]] virtual Status remove(std::uint32_t ordinal) = 0;
    [[nodiscard]] virtual Status rebuild(const std::vector<PublishedPlan>& all) = 0;
};

// What a key has used of its quota.
struct QuotaCount {
    std::int64_t period = 0;  // quota_period_number
    std::int64_t used = 0;
};

// Where the edge counts what keys use. A port: app implements it over the edge's limit file. Thread-safe.
class QuotaCounters {
  public:
    virtual ~QuotaCounters() = default;
    // nullopt where the key has not been counted in any period.
    [[nodiscard]] virtual std::optional<QuotaCount> of(std::uint32_t key_ordinal) = 0;
    [[nodiscard]] virtual Status set(std::uint32_t key_ordinal, const QuotaCount& count) = 0;
};

// The way of keys and plans to the edge. Whoever changes one of them holds it while the change is written and
// told, so the edge hears everything in the order in which it was stored. Plans go before the keys that name
// them. What it is given must outlive it.
class Publication {
  public:
    struct Parts {
        UsagePlanStore& plans;
        KeyStore& keys;
        PlanPublisher& plan_publisher;
        KeyPublisher& key_publisher;
        QuotaCounters& quotas;
        const Clock& clock;
        // The account in the limit file of a customer who pays ahead, 0 = pays later. Empty: nobody does.
        std::function<Result<std::uint32_t>(const CustomerId&)> credit_account = {};
    };

    explicit Publication(Parts parts) : parts_(std::move(parts)) {}

    [[nodiscard]] std::unique_lock<std::mutex> hold() { return std::unique_lock(mutex_); }

    // Call these while holding it.
    Status tell_plan(const UsagePlan& plan);
    Status forget(const UsagePlan& plan);
    // Each key of the plan, for what a key's entry has of its plan. `counts_anew`: their use starts from 0.
    Status tell_keys_of(const UsagePlan& plan, bool counts_anew);
    Status tell_key(const ApiKey& key);
    // The key's use of its quota starts from 0; after the key was told.
    Status start_count(const ApiKey& key);
    Status revoke_key(const ApiKey& key);

    // These hold it themselves. Each key of a customer, whose credit account begins or ends:
    Status tell_keys_of(const CustomerId& customer);
    // Everything; call at start, before the edge answers.
    Status tell_all();

    [[nodiscard]] std::optional<QuotaCount> count_of(const ApiKey& key) {
        return parts_.quotas.of(key.ordinal);
    }

  private:
    Result<std::optional<UsagePlan>> plan_of(const ApiKey& key);
    Result<PublishedKey> published(const ApiKey& key, const UsagePlan* plan);
    Status start_count(const ApiKey& key, const UsagePlan& plan);

    Parts parts_;
    std::mutex mutex_;
};

}  // namespace tally::accounts
