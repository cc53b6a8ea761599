#pragma once

#include "accounts/keys.hpp"
#include "billing/invoice_ports.hpp"
#include "edge/key_table.hpp"
#include "lake/table.hpp"
#include "query/query_engine.hpp"

// The ports that stages declare, over the stages that they may not know. What they are given must outlive
// them.
namespace tally::app {

// accounts -> edge: keys into the table that nginx's workers read.
class KeyTablePublisher final : public accounts::KeyPublisher {
  public:
    explicit KeyTablePublisher(edge::KeyTable& table) : table_(table) {}

    [[nodiscard]] Status publish(const accounts::PublishedKey& key) override;
    [[nodiscard]] Status revoke(const accounts::PublishedKey& key) override;
    [[nodiscard]] Status rebuild(const std::vector<accounts::PublishedKey>& all) override;

  private:
    edge::KeyTable& table_;
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
