#pragma once

#include "accounts/sha256.hpp"
#include "base/siphash.hpp"
#include "billing/invoices.hpp"
#include "billing/meters.hpp"
#include "billing/plans.hpp"
#include "billing/subscriptions.hpp"
#include "unit/accounts/account_parts.hpp"

#include <map>
#include <string>
#include <vector>

namespace tally::test {

inline Instant at(std::string_view text) {
    return parse_rfc3339(text).value();
}

inline Decimal dec(std::string_view text) {
    return Decimal::parse(text).value();
}

// A lake in memory: rows that each appear with a snapshot, and stay.
class FakeLake final : public billing::MeterSource, public billing::SnapshotSource {
  public:
    struct Entry {
        std::string meter;
        CustomerId customer;
        Instant time;
        Decimal value = 1;
        std::map<std::string, std::string> group = {};
        std::int64_t snapshot = 0;
    };

    // What is added becomes visible with the next commit().
    void add(Entry entry) {
        entry.snapshot = snapshot_ + 1;
        entries_.push_back(std::move(entry));
    }

    Status commit() {
        ++snapshot_;
        ++flushes;
        return {};
    }

    // As if somebody had changed the table's files.
    void tamper(std::size_t row, const Decimal& value) { entries_.at(row).value = value; }

    Result<std::optional<SnapshotId>> current(std::string_view /*source*/) override {
        return snapshot_ == 0 ? std::optional<SnapshotId>() : std::optional(SnapshotId(snapshot_));
    }

    Result<std::vector<usage::MeterReading>> read(const Meter& meter, const CustomerId& customer,
                                                  const rating::Period& period,
                                                  SnapshotId snapshot) override {
        ++reads;
        if (failing_reads > 0 && --failing_reads == 0)
            return Error{ErrorCode::kUnavailable, "the lake cannot be read"};
        std::map<std::map<std::string, std::string>, usage::MeterReading> groups;
        if (meter.group_by.empty())
            groups[{}];
        for (const Entry& entry : entries_) {
            const bool counts = entry.meter == meter.code && entry.customer == customer &&
                                entry.time >= period.from && entry.time < period.to &&
                                entry.snapshot <= snapshot.value();
            if (!counts)
                continue;
            usage::MeterReading& reading = groups[entry.group];
            reading.quantity += entry.value * meter.scale;
            reading.rows += 1;
            reading.digest += entry.value.str() + "@" + format_rfc3339(entry.time) + ";";
        }
        std::vector<usage::MeterReading> readings;
        for (auto& [group, reading] : groups) {
            reading.group = group;
            reading.digest = accounts::sha256_hex(reading.digest).substr(0, 32);
            readings.push_back(reading);
        }
        return readings;
    }

    int flushes = 0;
    int reads = 0;
    int failing_reads = 0;  // the n-th read from now fails

  private:
    std::int64_t snapshot_ = 0;
    std::vector<Entry> entries_;
};

inline std::vector<Meter> built_in_meters_for_test() {
    Meter requests;
    requests.id = MeterId("mtr_requests");
    requests.code = "requests";
    Meter egress;
    egress.id = MeterId("mtr_egress_gb");
    egress.code = "egress_gb";
    egress.aggregation = Aggregation::kSum;
    egress.value = "sc_bytes";
    egress.scale = Decimal::parse("1e-9").value();
    Meter regions;
    regions.id = MeterId("mtr_regions");
    regions.code = "regions";
    regions.group_by = {"c_country"};
    return {requests, egress, regions};
}

inline constexpr std::string_view kProPlan = R"({"code":"pro","name":"Pro","currency":"USD","charges":[
  {"code":"base","model":"flat","amount":"49.00"},
  {"code":"calls","name":"API calls","meter":"requests","model":"graduated","included":"2",
   "tiers":[{"up_to":"10","unit":"0.10"},{"up_to":null,"unit":"0.05"}]},
  {"code":"egress","meter":"egress_gb","model":"unit","unit":"0.085"}],
 "tax":{"rate":"0.19","inclusive":false}})";

// Everything that makes invoices, on a real state database and a lake in memory. `file` lets several of them
// share one database.
struct BillingParts : AccountParts {
    FakeLake lake;
    billing::Meters meters{state->meters(), built_in_meters_for_test(), [](const Meter&) { return Status(); },
                           clock, random};
    billing::Plans plans{state->plans(), meters, clock, random};
    billing::Subscriptions subscriptions{state->subscriptions(), customers, plans, clock, random};
    billing::Invoices invoices{billing::Invoices::Parts{.store = state->invoices(),
                                                        .subscriptions = state->subscriptions(),
                                                        .customers = customers,
                                                        .plans = plans,
                                                        .meters = meters,
                                                        .meter_source = lake,
                                                        .snapshots = lake,
                                                        .flush = [this] { return lake.commit(); },
                                                        .clock = clock,
                                                        .random = random}};

    accounts::Customer customer(const std::string& name, const std::string& zone = "UTC") {
        return customers.create({.name = name, .external_id = name, .timezone = zone}).value();
    }

    billing::Subscription subscribe(const std::string& customer, const std::string& plan,
                                    const std::string& from = "2026-01-01") {
        return subscriptions.create({.customer = customer, .plan = plan, .from = from}).value();
    }

    void requests(const accounts::Customer& customer, std::string_view time, int count) {
        for (int i = 0; i < count; ++i)
            lake.add({.meter = "requests", .customer = customer.id, .time = at(time)});
    }
};

}  // namespace tally::test
