#include "app/site.hpp"

#include "accounts/customers.hpp"
#include "accounts/key_secret.hpp"
#include "accounts/keys.hpp"
#include "accounts/publication.hpp"
#include "accounts/usage_plans.hpp"
#include "api/openapi.hpp"
#include "api/resources.hpp"
#include "app/access_log_task.hpp"
#include "app/adapters.hpp"
#include "app/credit_watch.hpp"
#include "app/delivery_control.hpp"
#include "app/edge_control.hpp"
#include "app/geography_files.hpp"
#include "app/issuer_keys.hpp"
#include "app/live_usage.hpp"
#include "app/log.hpp"
#include "app/periodic_task.hpp"
#include "app/prepaid_customers.hpp"
#include "app/quota_rebuild.hpp"
#include "billing/credit_costs.hpp"
#include "billing/credits.hpp"
#include "billing/invoices.hpp"
#include "billing/meters.hpp"
#include "billing/plans.hpp"
#include "billing/subscriptions.hpp"
#include "capture/capture_log.hpp"
#include "delivery/delivery.hpp"
#include "edge/key_table.hpp"
#include "edge/limit_file.hpp"
#include "edge/plan_table.hpp"
#include "lake/table.hpp"
#include "query/query_engine.hpp"
#include "rating/json_lines.hpp"
#include "state/state_database.hpp"
#include "usage/usage.hpp"

#include <mutex>
#include <optional>
#include <thread>

namespace tally::app {
namespace {

constexpr std::chrono::seconds kExpiryInterval{1};
constexpr std::chrono::milliseconds kIssuerInterval{250};

Status widen(const Result<int>& result) {
    return result ? Status() : Status(result.error());
}

api::LineFunctions line_functions() {
    using Answer = rating::LineAnswer (*)(std::string_view);
    const auto wrap = [](Answer answer) {
        return [answer](std::string_view line) {
            auto answered = answer(line);
            return api::LineAnswer{std::move(answered.text), answered.ok};
        };
    };
    return {wrap(rating::answer_rate_line), wrap(rating::answer_periods_line),
            wrap(rating::answer_wallet_line)};
}

void log_failure(std::string_view incident, const api::Request& request, const Error& error) {
    log_line(LogLevel::kError, std::string(incident) + " " + request.method + " " + request.path + ": " +
                                   std::string(error_code_name(error.code)) + ": " + error.message);
}

// A fault that goes on is said when it begins, when it changes and when it ends, not every 100 ms.
class FaultReporter {
  public:
    explicit FaultReporter(std::string what) : what_(std::move(what)) {}

    void report(const Status& status) {
        const std::string now = status ? std::string() : status.error().message;
        if (now == last_)
            return;
        log_line(now.empty() ? LogLevel::kInfo : LogLevel::kError,
                 what_ + (now.empty() ? " works again" : ": " + now));
        last_ = now;
    }

  private:
    std::string what_;
    std::string last_;
};

}  // namespace

struct Site::Impl final : api::Deployment {
    Impl(const DataFolder& where, FolderLock held, const Config& wanted, const Machine& on)
        : folder(where), lock(std::move(held)), config(wanted), machine(on) {}

    DataFolder folder;
    FolderLock lock;
    Config config;
    Machine machine;
    ConfiguredEdge edge_map{folder, config, machine.clock};

    // Built in this order by open_parts, destroyed in the reverse one. The optionals are set once and for
    // all.
    std::unique_ptr<state::StateDatabase> state;
    std::unique_ptr<edge::LimitFile> limits;
    std::unique_ptr<edge::PlanTable> plan_table;
    std::unique_ptr<edge::KeyTable> key_table;
    std::optional<LimitFileCounters> quota_counters;
    std::optional<PlanTablePublisher> plan_publisher;
    std::optional<KeyTablePublisher> key_publisher;
    PrepaidCustomers prepaid;
    std::optional<accounts::Publication> publication;
    std::optional<accounts::Customers> customers;
    std::optional<accounts::UsagePlans> usage_plans;
    std::optional<accounts::Keys> keys;
    std::unique_ptr<IssuerKeys> issuer_keys;  // null where no issuer of tokens is configured
    std::optional<capture::CaptureLog> log;
    std::optional<lake::Table> requests;
    std::unique_ptr<Geography> geography;        // null where no database is configured
    std::unique_ptr<AccessLogTask> access_logs;  // null where none are configured
    std::optional<delivery::Delivery> delivery;
    std::optional<DeliveryControl> delivery_control;
    std::unique_ptr<query::QueryEngine> engine;
    std::optional<LakeMeterSource> meter_source;
    std::optional<LakeSnapshotSource> snapshot_source;
    std::optional<billing::Meters> meters;
    std::optional<billing::Plans> plans;
    std::optional<billing::Subscriptions> subscriptions;
    std::optional<billing::Invoices> invoices;
    std::optional<LakeLiveUsage> live_usage;
    std::optional<billing::CreditCosts> credit_costs;
    std::optional<CreditWatch> credit_watch;
    std::optional<billing::Credits> credits;
    std::optional<api::Router> router;

    std::thread delivery_thread;
    std::optional<PeriodicTask> sync_task;
    std::optional<PeriodicTask> expiry_task;
    std::optional<PeriodicTask> credit_task;
    std::optional<PeriodicTask> issuer_task;
    FaultReporter sync_faults{"syncing the capture log"};
    FaultReporter expiry_faults{"revoking expired keys"};
    FaultReporter issuer_faults{"fetching the token issuer's keys"};
    FaultReporter credit_faults{"looking at prepaid credit"};

    std::mutex server_mutex;
    api::Endpoint server_endpoint;  // guarded by server_mutex

    Status open_accounts();
    Status open_edge_files(const SipKey& secret);
    Status rebuild_limits();
    Status open_data();
    void open_billing();
    Status open_credit();
    [[nodiscard]] std::optional<std::uint64_t> paid_ahead(const CustomerId& customer) const;
    Status open_router();
    void add_routes();

    api::Endpoint server() override {
        const std::lock_guard guard(server_mutex);
        return server_endpoint;
    }

    api::Endpoint edge() override { return edge_endpoint(folder, config, machine.clock); }

    Status ready() override {
        TRY_ASSIGN(const auto tables, state->table_pointers().tables());
        TRY_ASSIGN(const auto table, requests->state());
        return {};
    }
};

std::optional<std::uint64_t> Site::Impl::paid_ahead(const CustomerId& customer) const {
    const std::uint32_t account = prepaid.account_of(customer);
    if (account == 0)
        return std::nullopt;
    const edge::Allowance allowance = limits->allowance(account);
    return allowance.granted > allowance.used ? allowance.granted - allowance.used : 0;
}

Status Site::Impl::open_accounts() {
    // What is known of customers, keys, plans and invoices, and where the tables' metadata is.
    TRY_ASSIGN(state, state::StateDatabase::open(folder.resolve(config.state.database), machine.clock));
    // What API keys are hashed with.
    TRY_ASSIGN(auto secret, accounts::KeySecret::load(folder.key_secret_file()));
    TRY(open_edge_files(secret.sip_key()));
    const auto credit_account = [this](const CustomerId& customer) {
        return Result<std::uint32_t>(prepaid.account_of(customer));
    };
    publication.emplace(accounts::Publication::Parts{state->usage_plans(), state->keys(), *plan_publisher,
                                                     *key_publisher, *quota_counters, machine.clock,
                                                     credit_account});
    customers.emplace(state->customers(), machine.clock, machine.random);
    usage_plans.emplace(state->usage_plans(), *publication, machine.clock, machine.random);
    keys.emplace(state->keys(), *customers, *usage_plans, std::move(secret), *publication, machine.clock,
                 machine.random, config.edge.jwt_issuer);
    TRY_ASSIGN(issuer_keys, IssuerKeys::open(folder, config, machine.clock));
    // The database is the truth and the tables its copy, whatever a crash left of them.
    return publication->tell_all();
}

// What the edge reads of keys and plans, and what it counts.
Status Site::Impl::open_edge_files(const SipKey& secret) {
    TRY_ASSIGN(limits, edge::LimitFile::open_or_create(limit_file(folder)));
    if (limits->needs_rebuild())
        TRY(limits->begin_rebuild());
    TRY_ASSIGN(plan_table, edge::PlanTable::open_or_create(plan_table_file(folder)));
    TRY_ASSIGN(key_table, edge::KeyTable::open_or_create(key_table_file(folder), secret));
    TRY(prepaid.load(state->credits(), *limits));
    quota_counters.emplace(*limits);
    plan_publisher.emplace(*plan_table);
    key_publisher.emplace(*key_table, *limits);
    return {};
}

// What a lost limit file held, from what is recorded. Until then the edge answers limited keys 503.
Status Site::Impl::rebuild_limits() {
    if (!limits->needs_rebuild())
        return {};
    TRY(rebuild_quota_counts({state->usage_plans(), state->keys(), *engine, *quota_counters, machine.clock}));
    TRY(credit_watch->rebuild());
    return limits->finish_rebuild();
}

Status Site::Impl::open_data() {
    // What the edge captured, and where its callers are.
    log.emplace(folder.capture());
    TRY_ASSIGN(geography, open_geography(folder, config));
    // Where it goes.
    const lake::LakeServices services{&machine.files, &state->table_pointers(), &machine.clock,
                                      &machine.random, folder.resolve(config.lake.warehouse)};
    TRY(machine.files.make_folders(services.warehouse));
    TRY_ASSIGN(requests, lake::Table::open_or_create(services, delivery::requests_table_definition()));
    // What carries it there.
    delivery::DeliveryOptions options;
    options.flush_interval = config.delivery.flush_interval;
    options.flush_size = config.delivery.flush_size;
    options.errors_folder = folder.errors();
    options.geography = geography.get();
    // Access logs take the log too.
    TRY_ASSIGN(const auto table, requests->state());
    TRY_ASSIGN(const auto delivered, delivery::DeliveryState::read(table));
    TRY_ASSIGN(access_logs, AccessLogTask::open(folder, config, *log, machine.files, delivered.positions,
                                                geography.get()));
    if (access_logs)
        options.removable = [this](const capture::Positions& all) { return access_logs->removable(all); };
    delivery.emplace(options, *log, *requests, machine.files, machine.clock, machine.random);
    delivery_control.emplace(*delivery, *log, *requests, machine.files, folder.errors(),
                             uncaptured_counters_file(folder));
    // SQL over both; DuckDB itself is opened by the first query.
    TRY(machine.files.make_folders(folder.scratch()));
    TRY_ASSIGN(engine, query::QueryEngine::open(*log, *requests, folder.scratch(), geography.get()));
    return {};
}

void Site::Impl::open_billing() {
    // What is counted, what it costs, who pays, and the bills.
    meter_source.emplace(*engine);
    snapshot_source.emplace(*requests);
    meters.emplace(
        state->meters(), usage::built_in_meters(),
        [this](const Meter& meter) { return usage::check_meter(*engine, meter); }, machine.clock,
        machine.random);
    plans.emplace(state->plans(), *meters, machine.clock, machine.random);
    subscriptions.emplace(state->subscriptions(), *customers, *plans, machine.clock, machine.random);
    const auto flush = [this] {
        const auto done = delivery->flush();
        return done ? Status() : Status(done.error());
    };
    invoices.emplace(billing::Invoices::Parts{state->invoices(), state->subscriptions(), *customers, *plans,
                                              *meters, *meter_source, *snapshot_source, flush, machine.clock,
                                              machine.random});
}

// What customers paid ahead, and how far it reaches.
Status Site::Impl::open_credit() {
    live_usage.emplace(*engine);
    credit_costs.emplace(billing::CreditCosts::Parts{state->invoices(), state->subscriptions(), *customers,
                                                     *plans, *meters, *live_usage, machine.clock});
    credit_watch.emplace(
        CreditWatch::Parts{state->credits(), *credit_costs, *live_usage, *limits, prepaid,
                           [this](const CustomerId& customer) { return publication->tell_keys_of(customer); },
                           machine.clock, static_cast<std::uint64_t>(config.edge.credit_lease)});
    credits.emplace(state->credits(), *customers, *credit_watch, machine.clock, machine.random);
    return credit_watch->load();
}

Status Site::Impl::open_router() {
    TRY_ASSIGN(auto token, folder.admin_token());
    api::RouterOptions options;
    options.admin_token = std::move(token);
    options.find_key = [this](std::string_view value) -> std::optional<std::string> {
        const auto key = keys->identify(value);
        if (!key || !*key || (*key)->status != accounts::KeyStatus::kActive ||
            ((*key)->expires_at && *(*key)->expires_at <= machine.clock.now()))
            return std::nullopt;
        return (*key)->id.str();
    };
    options.idempotency = &state->idempotency();
    options.on_failure = log_failure;
    options.private_text = folder.root().string();
    options.random = &machine.random;
    router.emplace(std::move(options));
    add_routes();
    return {};
}

void Site::Impl::add_routes() {
    const api::UsageParts usage_parts{*engine, *customers, *keys, *meters, machine.clock};
    router->add(api::customer_routes(*customers));
    router->add(api::key_routes(*keys));
    router->add(api::usage_plan_routes(*usage_plans, *keys));
    router->add(api::meter_routes(*meters));
    router->add(api::plan_routes(*plans));
    router->add(api::subscription_routes(*subscriptions));
    router->add(api::invoice_routes(*invoices));
    router->add(api::credit_routes(*credits));
    router->add(api::usage_routes(usage_parts));
    router->add(api::sample_usage_routes(usage_parts));
    router->add(api::query_routes(*engine));
    router->add(api::reconciliation_routes(*delivery_control, *requests));
    router->add(api::error_routes(*delivery_control));
    router->add(api::lake_routes(*delivery_control, *requests));
    router->add(api::rating_routes(line_functions()));
    router->add(api::edge_test_routes(
        edge_map, *keys, [this](const CustomerId& customer) { return paid_ahead(customer); }, machine.clock));
    router->add(api::status_routes(*this, kVersion));
    router->add(api::metrics_routes(*delivery_control, *credit_watch, router->counters(), kVersion));
    router->add({api::openapi_route(router->routes(), kVersion)});
}

Site::Site(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Site::~Site() {
    // Without stop() the last records stay in the capture log; the next start delivers them.
    impl_->issuer_task.reset();
    impl_->credit_task.reset();
    impl_->expiry_task.reset();
    impl_->sync_task.reset();
    if (impl_->delivery_thread.joinable()) {
        impl_->delivery->stop();
        impl_->delivery_thread.join();
    }
}

Result<std::unique_ptr<Site>> Site::open(const DataFolder& folder, FolderLock lock, const Config& config,
                                         const Machine& machine) {
    auto impl = std::make_unique<Impl>(folder, std::move(lock), config, machine);
    for (const Path& path : {folder.capture(), folder.errors(), folder.edge()})
        TRY(machine.files.make_folders(path));
    TRY(impl->open_accounts());
    TRY(impl->open_data());
    impl->open_billing();
    TRY(impl->open_credit());
    // Without it everything but the edge works; the server tries again before the edge answers.
    if (const Status rebuilt = impl->rebuild_limits(); !rebuilt)
        log_line(LogLevel::kError, "counting what keys have used: " + rebuilt.error().message);
    TRY(impl->open_router());
    return std::unique_ptr<Site>(new Site(std::move(impl)));
}

api::Router& Site::router() {
    return *impl_->router;
}

Status Site::prepare_edge() {
    const Status rebuilt = impl_->rebuild_limits();
    return rebuilt ? Status() : Status(rebuilt.error().within("counting what keys have used"));
}

void Site::start() {
    Impl& site = *impl_;
    site.delivery_thread = std::thread([&site] {
        site.delivery->run([&site](const Error& error) {
            site.delivery_control->count_flush_failure();
            log_line(LogLevel::kError, "delivery: " + error.message);
        });
    });
    site.sync_task.emplace(site.config.capture.sync_interval, [&site] {
        const Status synced = site.log->sync();
        if (!synced)
            site.delivery_control->count_sync_failure();
        site.sync_faults.report(synced);
    });
    if (site.access_logs)
        site.access_logs->start();
    site.expiry_task.emplace(kExpiryInterval,
                             [&site] { site.expiry_faults.report(widen(site.keys->revoke_expired())); });
    site.credit_task.emplace(site.config.edge.credit_interval,
                             [&site] { site.credit_faults.report(site.credit_watch->pass()); });
    if (site.issuer_keys)
        site.issuer_task.emplace(kIssuerInterval,
                                 [&site] { site.issuer_faults.report(site.issuer_keys->step()); });
}

Status Site::stop() {
    impl_->issuer_task.reset();
    impl_->credit_task.reset();
    impl_->expiry_task.reset();
    impl_->delivery->stop();
    if (impl_->delivery_thread.joinable())
        impl_->delivery_thread.join();
    const Status logged = impl_->access_logs ? impl_->access_logs->stop() : Status();
    const auto flushed = impl_->delivery->flush();
    impl_->sync_task.reset();
    TRY(impl_->log->sync());
    TRY(logged);
    return flushed ? Status()
                   : Status(flushed.error().within("the last delivery (the records stay in the log)"));
}

void Site::set_server(const api::Endpoint& server) {
    const std::lock_guard guard(impl_->server_mutex);
    impl_->server_endpoint = server;
}

std::unique_ptr<api::Router> make_pure_router(RandomSource& random, Secret token) {
    api::RouterOptions options;
    options.admin_token = std::move(token);
    options.random = &random;
    auto router = std::make_unique<api::Router>(std::move(options));
    router->add(api::rating_routes(line_functions()));
    return router;
}

}  // namespace tally::app
