#pragma once

#include "accounts/customers.hpp"
#include "accounts/keys.hpp"
#include "accounts/usage_plans.hpp"
#include "api/ports.hpp"
#include "api/route.hpp"
#include "billing/credits.hpp"
#include "billing/invoices.hpp"
#include "billing/meters.hpp"
#include "billing/plans.hpp"
#include "billing/subscriptions.hpp"
#include "lake/table.hpp"
#include "query/query_engine.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

// The routes, one file of their name for each resource. What they are given must outlive them.
namespace tally::api {

class RequestCounters;

std::vector<Route> customer_routes(accounts::Customers& customers);
std::vector<Route> key_routes(accounts::Keys& keys);
std::vector<Route> usage_plan_routes(accounts::UsagePlans& usage_plans, accounts::Keys& keys);
std::vector<Route> meter_routes(billing::Meters& meters);
std::vector<Route> plan_routes(billing::Plans& plans);
std::vector<Route> subscription_routes(billing::Subscriptions& subscriptions);
std::vector<Route> invoice_routes(billing::Invoices& invoices);
std::vector<Route> credit_routes(billing::Credits& credits);

struct UsageParts {
    query::QueryEngine& engine;
    accounts::Customers& customers;
    accounts::Keys& keys;
    billing::Meters& meters;
    const Clock& clock;
};

// GET /v1/usage.
std::vector<Route> usage_routes(const UsageParts& parts);
// GET /usage, the published sample's shape.
std::vector<Route> sample_usage_routes(const UsageParts& parts);

std::vector<Route> query_routes(query::QueryEngine& engine);
std::vector<Route> reconciliation_routes(DeliveryControl& delivery, const lake::Table& requests);
std::vector<Route> error_routes(DeliveryControl& delivery);
std::vector<Route> lake_routes(DeliveryControl& delivery, const lake::Table& requests);

// Text in, text out: the pure commands of rating.
struct LineFunctions {
    std::function<LineAnswer(std::string_view)> rate;
    std::function<LineAnswer(std::string_view)> periods;
    std::function<LineAnswer(std::string_view)> wallet;
};

std::vector<Route> rating_routes(const LineFunctions& functions);

// GET /v1/status, /healthz, /readyz.
std::vector<Route> status_routes(Deployment& deployment, std::string version);
// GET /metrics.
std::vector<Route> metrics_routes(DeliveryControl& delivery, CreditControl& credit,
                                  const RequestCounters& requests, std::string version);

}  // namespace tally::api
