#include "billing/subscriptions.hpp"

#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "billing/subscriptions_json.hpp"

namespace tally::api {
namespace {

constexpr const char* kSubscription =
    R"({"type":"object","required":["id","customer_id","plan","version","from","status"],"properties":{)"
    R"("id":{"type":"string"},"customer_id":{"type":"string"},"plan":{"type":"string"},)"
    R"("version":{"type":"integer"},"from":{"type":"string"},"to":{"type":["string","null"]},)"
    R"("status":{"enum":["active","canceled"]}}})";

constexpr const char* kNewSubscription =
    R"({"type":"object","required":["customer","plan"],"additionalProperties":false,"properties":{)"
    R"("customer":{"type":"string"},"customer_id":{"type":"string"},"plan":{"type":"string"},)"
    R"("from":{"type":"string"},"to":{"type":"string"}}})";

constexpr const char* kCancellation =
    R"({"type":"object","additionalProperties":false,"properties":{"at":{"type":"string"}}})";

struct ListInput {
    std::string customer;
    accounts::PageRequest page;
};

struct Cancellation {
    std::string id;
    std::string at;
};

Result<billing::NewSubscription> read_new(const Request& request) {
    return billing::new_subscription_from_json(request.body);
}

Result<ListInput> read_list(const Request& request) {
    TRY_ASSIGN(auto page, read_page(request));
    return ListInput{request.query_value("customer").value_or(""), std::move(page)};
}

Result<Cancellation> read_cancellation(const Request& request) {
    TRY_ASSIGN(auto at, billing::cancellation_from_json(request.body));
    return Cancellation{request.parameter("id"), std::move(at)};
}

}  // namespace

std::vector<Route> subscription_routes(billing::Subscriptions& subscriptions) {
    const auto create = [&subscriptions](const billing::NewSubscription& s) {
        return subscriptions.create(s);
    };
    const auto list = [&subscriptions](const ListInput& in) {
        return subscriptions.list(in.customer, in.page);
    };
    const auto find = [&subscriptions](const std::string& id) { return subscriptions.find(id); };
    const auto cancel = [&subscriptions](const Cancellation& c) { return subscriptions.cancel(c.id, c.at); };
    auto list_parameters = page_parameters();
    list_parameters.push_back({"customer", "only those of this customer: id, external id or unique name"});
    return {
        {"POST",
         "/v1/subscriptions",
         Access::kAdmin,
         Cost::kQuick,
         "Subscribes a customer to a plan.",
         {},
         kNewSubscription,
         kSubscription,
         endpoint(read_new, create, billing::subscription_to_json, 201),
         201},
        {"GET", "/v1/subscriptions", Access::kAdmin, Cost::kQuick, "All subscriptions.", list_parameters, "",
         kListSchema, endpoint(read_list, list, billing::subscriptions_to_json)},
        {"GET",
         "/v1/subscriptions/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "One subscription.",
         {},
         "",
         kSubscription,
         endpoint(read_id, find, billing::subscription_to_json)},
        {"POST",
         "/v1/subscriptions/{id}/cancel",
         Access::kAdmin,
         Cost::kQuick,
         "Ends a subscription, now or at a time.",
         {},
         kCancellation,
         kSubscription,
         endpoint(read_cancellation, cancel, billing::subscription_to_json)},
    };
}

}  // namespace tally::api
