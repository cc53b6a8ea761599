#pragma once

#include "accounts/customers.hpp"
#include "accounts/keys.hpp"
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

// The services of accounts on a real state database in a folder of its own.
struct AccountParts {
    TempFolder folder;
    ManualClock clock{parse_rfc3339("2026-10-01T00:00:00Z").value()};
    SystemRandom random;
    std::unique_ptr<state::StateDatabase> state =
        state::StateDatabase::open(folder.path() / "state.db", clock).value();
    accounts::Customers customers{state->customers(), clock, random};
    accounts::UsagePlans usage_plans{state->usage_plans(), clock, random};
    RecordingPublisher publisher;
    accounts::KeySecret secret = accounts::KeySecret::generate(random);
    accounts::Keys keys{state->keys(), customers, usage_plans, secret, publisher, clock, random};
};

}  // namespace tally::test
