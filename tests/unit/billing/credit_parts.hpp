#pragma once

#include "billing/credit_costs.hpp"
#include "billing/credits.hpp"
#include "unit/billing/billing_parts.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace tally::test {

// What is in the lake in memory, captured or committed.
class FakeLiveUsage final : public billing::LiveUsage {
  public:
    explicit FakeLiveUsage(FakeLake& lake) : lake_(lake) {}

    Result<std::vector<usage::MeterReading>> read(const Meter& meter, const CustomerId& customer,
                                                  const rating::Period& period) override {
        ++reads;
        return lake_.read(meter, customer, period, SnapshotId(std::numeric_limits<std::int64_t>::max()));
    }

    Result<std::uint64_t> admitted(const CustomerId& customer, const rating::Period& period) override {
        Meter requests;
        requests.code = "requests";
        TRY_ASSIGN(const auto readings, read(requests, customer, period));
        return static_cast<std::uint64_t>(readings.at(0).rows);
    }

    int reads = 0;

  private:
    FakeLake& lake_;
};

// Keeps what it was told, as the edge would.
class RecordingCreditEdge final : public billing::CreditEdge {
  public:
    explicit RecordingCreditEdge(billing::CreditStore& store) : store_(store) {}

    Status apply(const CustomerId& customer) override {
        if (failing)
            return Error{ErrorCode::kIo, "the file is gone"};
        TRY_ASSIGN(const auto account, store_.open_account(customer));
        granted = account ? std::optional(account->granted) : std::nullopt;
        return {};
    }

    Result<billing::CreditBalance> balance(const billing::FundedAccount& account) override {
        billing::CreditBalance balance;
        balance.account = account.account;
        balance.granted = account.granted;
        return balance;
    }

    bool failing = false;
    std::optional<Decimal> granted;  // nullopt = pays later

  private:
    billing::CreditStore& store_;
};

struct CreditParts : BillingParts {
    RecordingCreditEdge edge{state->credits()};
    billing::Credits credits{state->credits(), customers, edge, clock, random};
    FakeLiveUsage live{lake};
    billing::CreditCosts costs{{.invoices = state->invoices(),
                                .subscriptions = state->subscriptions(),
                                .customers = customers,
                                .plans = plans,
                                .meters = meters,
                                .usage = live,
                                .clock = clock}};

    billing::CreditGrant grant(const std::string& customer, const std::string& amount,
                               const std::string& currency = "USD") {
        return credits.grant({.customer = customer, .amount = amount, .currency = currency}).value();
    }

    billing::FundedAccount account(const accounts::Customer& customer) {
        return state->credits().open_account(customer.id).value().value();
    }
};

}  // namespace tally::test
