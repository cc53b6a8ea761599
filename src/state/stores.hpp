#pragma once

#include "accounts/audit_log.hpp"
#include "accounts/customers.hpp"
#include "accounts/idempotency.hpp"
#include "accounts/keys.hpp"
#include "accounts/usage_plans.hpp"
#include "billing/invoice_ports.hpp"
#include "billing/meters.hpp"
#include "billing/plans.hpp"
#include "billing/subscriptions.hpp"
#include "lake/catalog.hpp"
#include "state/database.hpp"

// The ports of the other stages over the state database, one .cpp file a port. `database` must outlive each.
namespace tally::state {

class CustomerStore final : public accounts::CustomerStore {
  public:
    explicit CustomerStore(Database& database) : database_(database) {}

    Status insert(const accounts::Customer& customer) override;
    Status update(const accounts::Customer& customer) override;
    Result<std::optional<accounts::Customer>> find(const CustomerId& id) override;
    Result<std::optional<accounts::Customer>> find_by_external_id(std::string_view external_id) override;
    Result<std::vector<accounts::Customer>> find_by_name(std::string_view name) override;
    Result<accounts::Page<accounts::Customer>> list(const accounts::PageRequest& page) override;

  private:
    Database& database_;
};

class UsagePlanStore final : public accounts::UsagePlanStore {
  public:
    explicit UsagePlanStore(Database& database) : database_(database) {}

    Result<std::uint32_t> insert(const accounts::UsagePlan& plan) override;
    Status update(const accounts::UsagePlan& plan) override;
    Status remove(const UsagePlanId& id) override;
    Result<std::optional<accounts::UsagePlan>> find(const UsagePlanId& id) override;
    Result<std::optional<accounts::UsagePlan>> find_by_name(std::string_view name) override;
    Result<accounts::Page<accounts::UsagePlan>> list(const accounts::PageRequest& page) override;
    Result<std::vector<accounts::UsagePlan>> all() override;

  private:
    Database& database_;
};

class KeyStore final : public accounts::KeyStore {
  public:
    explicit KeyStore(Database& database) : database_(database) {}

    Result<std::uint32_t> insert(const accounts::ApiKey& key) override;
    Status update(const accounts::ApiKey& key) override;
    Status change(const accounts::ApiKey& key) override;
    Result<std::optional<accounts::ApiKey>> find(const KeyId& id) override;
    Result<std::optional<accounts::ApiKey>> find_by_digest(Digest128 digest) override;
    Result<std::vector<accounts::ApiKey>> find_by_name(std::string_view name) override;
    Result<accounts::Page<accounts::ApiKey>> list(const std::optional<CustomerId>& customer,
                                                  const accounts::PageRequest& page) override;
    Result<accounts::Page<accounts::ApiKey>> list_of_plan(const UsagePlanId& plan,
                                                          const accounts::PageRequest& page) override;
    Result<std::vector<accounts::ApiKey>> all() override;
    Result<std::vector<accounts::ApiKey>> past_their_end(Instant now) override;
    Result<std::vector<accounts::ApiKey>> all_of_plan(const UsagePlanId& plan) override;
    Result<std::vector<accounts::ApiKey>> all_of_customer(const CustomerId& customer) override;

  private:
    Database& database_;
};

class IdempotencyStore final : public accounts::IdempotencyStore {
  public:
    explicit IdempotencyStore(Database& database) : database_(database) {}

    Result<std::optional<accounts::SavedAnswer>> begin(std::string_view key,
                                                       std::string_view request_digest) override;
    Status finish(std::string_view key, const accounts::SavedAnswer& answer) override;
    Status abandon(std::string_view key) override;

  private:
    Database& database_;
};

class AuditChain final : public accounts::AuditLog {
  public:
    explicit AuditChain(Database& database) : database_(database) {}

    Result<std::vector<accounts::AuditEntry>> list(std::int64_t after, std::size_t limit) override;
    Result<std::int64_t> verify() override;

  private:
    Database& database_;
};

class MeterStore final : public billing::MeterStore {
  public:
    explicit MeterStore(Database& database) : database_(database) {}

    Status insert(const billing::StoredMeter& meter) override;
    Status archive(std::string_view code, Instant at) override;
    Result<std::optional<billing::StoredMeter>> find(std::string_view code,
                                                     std::optional<int> version) override;
    Result<std::optional<billing::StoredMeter>> find_by_id(const MeterId& id) override;
    Result<accounts::Page<billing::StoredMeter>> list(const accounts::PageRequest& page) override;

  private:
    Database& database_;
};

class PlanStore final : public billing::PlanStore {
  public:
    explicit PlanStore(Database& database) : database_(database) {}

    Result<billing::PlanVersion> insert_next(const billing::PlanVersion& plan) override;
    Status update_status(const billing::PlanVersion& plan) override;
    Result<std::optional<billing::PlanVersion>> find_by_id(const PlanId& id) override;
    Result<std::optional<billing::PlanVersion>> find(std::string_view code, int version) override;
    Result<std::vector<billing::PlanVersion>> versions(std::string_view code) override;
    Result<accounts::Page<billing::PlanVersion>> list(const accounts::PageRequest& page) override;

  private:
    Database& database_;
};

class SubscriptionStore final : public billing::SubscriptionStore {
  public:
    explicit SubscriptionStore(Database& database) : database_(database) {}

    Status insert(const billing::Subscription& subscription) override;
    Status update(const billing::Subscription& subscription) override;
    Result<std::optional<billing::Subscription>> find(const SubscriptionId& id) override;
    Result<accounts::Page<billing::Subscription>> list(const std::optional<CustomerId>& customer,
                                                       const accounts::PageRequest& page) override;
    Result<std::vector<billing::Subscription>> overlapping(const std::optional<CustomerId>& customer,
                                                           Instant from, Instant to) override;

  private:
    Database& database_;
};

class InvoiceStore final : public billing::InvoiceStore {
  public:
    explicit InvoiceStore(Database& database) : database_(database) {}

    Result<billing::Invoice> claim(const billing::Invoice& draft, bool reissue) override;
    Result<billing::Invoice> update_draft(const billing::Invoice& draft) override;
    Result<billing::Invoice> finalize(const InvoiceId& id, std::int64_t revision, Instant at,
                                      const Seal& seal) override;
    Result<billing::Invoice> make_void(const InvoiceId& id, Instant at, std::string_view reason) override;
    Result<std::optional<billing::Invoice>> find(const InvoiceId& id) override;
    Result<std::optional<billing::Invoice>> find_by_number(std::string_view number) override;
    Result<std::optional<billing::Invoice>> find_of_period(const SubscriptionId& subscription,
                                                           const rating::Period& period) override;
    Result<std::optional<billing::Invoice>> newest_of(const SubscriptionId& subscription) override;
    Result<accounts::Page<billing::Invoice>> list(const billing::InvoiceFilter& filter,
                                                  const accounts::PageRequest& page) override;

  private:
    Database& database_;
};

class TablePointerStore final : public lake::TablePointerStore {
  public:
    explicit TablePointerStore(Database& database) : database_(database) {}

    Result<std::optional<std::string>> current(std::string_view table) override;
    Status swap(std::string_view table, const std::optional<std::string>& expected,
                std::string_view next) override;
    Result<std::vector<std::string>> tables() override;

  private:
    Database& database_;
};

}  // namespace tally::state
