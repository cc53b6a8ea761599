#pragma once

#include "accounts/keys.hpp"
#include "accounts/publication.hpp"
#include "billing/invoice_ports.hpp"
#include "edge/key_table.hpp"
#include "edge/limit_file.hpp"
#include "edge/plan_table.hpp"
#include "lake/table.hpp"
#include "query/query_engine.hpp"

// The ports that stages declare, over the stages that they may not know. What they are given must outlive
// them.
namespace tally::app {

// accounts -> edge: keys into the table that nginx's workers read, their accounts in the limit file before.
class KeyTablePublisher final : public accounts::KeyPublisher {
  public:
    KeyTablePublisher(edge::KeyTable& table, edge::LimitFile& limits) : table_(table), limits_(limits) {}

    [[nodiscard]] Status publish(const accounts::PublishedKey& key) override;
    [[nodiscard]] Status revoke(const accounts::PublishedKey& key) override;
    [[nodiscard]] Status rebuild(const std::vector<accounts::PublishedKey>& all) override;

  private:
    edge::KeyTable& table_;
    edge::LimitFile& limits_;
};

// accounts -> edge: what plans allow.
class PlanTablePublisher final : public accounts::PlanPublisher {
  public:
    explicit PlanTablePublisher(edge::PlanTable& table) : table_(table) {}

    [[nodiscard]] Status publish(const accounts::PublishedPlan& plan) override;
    [[nodiscard]] Status remove(std::uint32_t ordinal) override;
    [[nodiscard]] Status rebuild(const std::vector<accounts::PublishedPlan>& all) override;

  private:
    edge::PlanTable& table_;
};

// accounts -> edge: what keys have used.
class LimitFileCounters final : public accounts::QuotaCounters {
  public:
    explicit LimitFileCounters(edge::LimitFile& limits) : limits_(limits) {}

    [[nodiscard]] std::optional<accounts::QuotaCount> of(std::uint32_t key_ordinal) override;
    [[nodiscard]] Status set(std::uint32_t key_ordinal, const accounts::QuotaCount& count) override;

  private:
    edge::LimitFile& limits_;
};

// billing -> usage: a meter's reading at one snapshot.
class LakeMeterSource final : public billing::MeterSource {
  public:
    explicit LakeMeterSource(query::QueryEngine& engine) : engine_(engine) {}

    [[nodiscard]] Result<std::vector<usage::MeterReading>> read(const Meter& meter,
                                                                const CustomerId& customer,
                                                                const rating::Period& period,
                                                                SnapshotId snapshot) override;

  private:
    query::QueryEngine& engine_;
};

// billing -> lake: which snapshot is current.
class LakeSnapshotSource final : public billing::SnapshotSource {
  public:
    explicit LakeSnapshotSource(const lake::Table& requests) : requests_(requests) {}

    [[nodiscard]] Result<std::optional<SnapshotId>> current(std::string_view source) override;

  private:
    const lake::Table& requests_;
};

}  // namespace tally::app
