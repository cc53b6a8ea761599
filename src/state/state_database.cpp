#include "state/state_database.hpp"

#include "state/connection.hpp"
#include "state/credit_store.hpp"
#include "state/database.hpp"
#include "state/migrations.hpp"
#include "state/stores.hpp"

#include <utility>

namespace tally::state {

struct StateDatabase::Impl {
    Impl(std::unique_ptr<Connection> connection, const Clock& clock, int schema_version)
        : database(std::move(connection), clock), version(schema_version) {}

    Database database;
    int version;
    CustomerStore customers{database};
    UsagePlanStore usage_plans{database};
    KeyStore keys{database};
    IdempotencyStore idempotency{database};
    AuditChain audit_log{database};
    MeterStore meters{database};
    PlanStore plans{database};
    SubscriptionStore subscriptions{database};
    InvoiceStore invoices{database};
    CreditStore credits{database};
    TablePointerStore table_pointers{database};
};

StateDatabase::StateDatabase(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

StateDatabase::~StateDatabase() = default;

Result<std::unique_ptr<StateDatabase>> StateDatabase::open(const Path& file, const Clock& clock) {
    TRY_ASSIGN(std::unique_ptr<Connection> connection, Connection::open(file));
    Result<int> version = migrate(*connection, clock);
    if (!version.ok())
        return version.error().within(file.string());
    auto impl = std::make_unique<Impl>(std::move(connection), clock, *version);
    return std::unique_ptr<StateDatabase>(new StateDatabase(std::move(impl)));
}

accounts::CustomerStore& StateDatabase::customers() {
    return impl_->customers;
}

accounts::KeyStore& StateDatabase::keys() {
    return impl_->keys;
}

accounts::UsagePlanStore& StateDatabase::usage_plans() {
    return impl_->usage_plans;
}

accounts::IdempotencyStore& StateDatabase::idempotency() {
    return impl_->idempotency;
}

accounts::AuditLog& StateDatabase::audit_log() {
    return impl_->audit_log;
}

billing::MeterStore& StateDatabase::meters() {
    return impl_->meters;
}

billing::PlanStore& StateDatabase::plans() {
    return impl_->plans;
}

billing::SubscriptionStore& StateDatabase::subscriptions() {
    return impl_->subscriptions;
}

billing::InvoiceStore& StateDatabase::invoices() {
    return impl_->invoices;
}

billing::CreditStore& StateDatabase::credits() {
    return impl_->credits;
}

lake::TablePointerStore& StateDatabase::table_pointers() {
    return impl_->table_pointers;
}

int StateDatabase::schema_version() const {
    return impl_->version;
}

}  // namespace tally::state
