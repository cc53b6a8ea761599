#pragma once

#include "accounts/customers.hpp"
#include "accounts/keys.hpp"
#include "accounts/publication.hpp"
#include "accounts/usage_plans.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/time_text.hpp"
#include "state/state_database.hpp"
#include "support/temp_folder.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tally::test {

// Keeps what it is told, as the edge's table would.
class RecordingPublisher final : public accounts::KeyPublisher {
  public:
    Status publish(const accounts::PublishedKey& key) override {
        if (failing)
            return Error{ErrorCode::kIo, "the table is gone"};
        table[key.id.str()] = key;
        return {};
    }

    Status revoke(const accounts::PublishedKey& key) override { return publish(key); }

    Status rebuild(const std::vector<accounts::PublishedKey>& all) override {
        table.clear();
        for (const accounts::PublishedKey& key : all)
            table[key.id.str()] = key;
        return {};
    }

    bool failing = false;
    std::map<std::string, accounts::PublishedKey> table;
};

class RecordingPlanPublisher final : public accounts::PlanPublisher {
  public:
    Status publish(const accounts::PublishedPlan& plan) override {
        table[plan.ordinal] = plan;
        return {};
    }

    Status remove(std::uint32_t ordinal) override {
        table.erase(ordinal);
        return {};
    }

    Status rebuild(const std::vector<accounts::PublishedPlan>& all) override {
        table.clear();
        for (const accounts::PublishedPlan& plan : all)
            table[plan.ordinal] = plan;
        return {};
    }

    std::map<std::uint32_t, accounts::PublishedPlan> table;
};

class MemoryQuotaCounters final : public accounts::QuotaCounters {
  public:
    std::optional<accounts::QuotaCount> of(std::uint32_t key_ordinal) override {
        const auto found = counts.find(key_ordinal);
        return found == counts.end() ? std::nullopt : std::optional(found->second);
    }

    Status set(std::uint32_t key_ordinal, const accounts::QuotaCount& count) override {
        counts[key_ordinal] = count;
        return {};
    }

    std::map<std::uint32_t, accounts::QuotaCount> counts;
};

// The services of accounts on a real state database in a folder of its own.
struct AccountParts {
    TempFolder folder;
    ManualClock clock{parse_rfc3339("2026-10-01T00:00:00Z").value()};
    SystemRandom random;
    std::unique_ptr<state::StateDatabase> state =
        state::StateDatabase::open(folder.path() / "state.db", clock).value();
    accounts::Customers customers{state->customers(), clock, random};
    RecordingPublisher publisher;
    RecordingPlanPublisher plan_publisher;
    MemoryQuotaCounters quotas;
    accounts::Publication publication{
        {state->usage_plans(), state->keys(), plan_publisher, publisher, quotas, clock, {}}};
    accounts::UsagePlans usage_plans{state->usage_plans(), publication, clock, random};
    accounts::KeySecret secret = accounts::KeySecret::generate(random);
    accounts::Keys keys{state->keys(), customers, usage_plans, secret, publication, clock, random};
};

}  // namespace tally::test
