#include "accounts/customers.hpp"

#include "accounts/customers_json.hpp"
#include "api/endpoint.hpp"
#include "api/resources.hpp"

namespace tally::api {
namespace {

constexpr const char* kCustomer =
    R"({"type":"object","required":["id","external_id","name","timezone"],"properties":{"id":{"type":"string"},)"
    R"("external_id":{"type":["string","null"]},"name":{"type":"string"},"timezone":{"type":"string"}}})";

constexpr const char* kNewCustomer =
    R"({"type":"object","required":["name"],"additionalProperties":false,"properties":{"name":{"type":"string"},)"
    R"("external_id":{"type":"string"},"timezone":{"type":"string","default":"UTC"}}})";

constexpr const char* kCustomerChange =
    R"({"type":"object","additionalProperties":false,"properties":{"name":{"type":"string"},)"
    R"("external_id":{"type":["string","null"]},"timezone":{"type":"string"}}})";

struct Change {
    std::string id;
    accounts::CustomerChange change;
};

Result<accounts::NewCustomer> read_new(const Request& request) {
    return accounts::new_customer_from_json(request.body);
}

Result<Change> read_change(const Request& request) {
    TRY_ASSIGN(auto change, accounts::customer_change_from_json(request.body));
    return Change{request.parameter("id"), std::move(change)};
}

}  // namespace

std::vector<Route> customer_routes(accounts::Customers& customers) {
    const auto create = [&customers](const accounts::NewCustomer& wanted) {
        return customers.create(wanted);
    };
    const auto list = [&customers](const accounts::PageRequest& page) { return customers.list(page); };
    const auto find = [&customers](const std::string& id) { return customers.find(id); };
    const auto update = [&customers](const Change& c) { return customers.update(c.id, c.change); };
    return {
        {"POST",
         "/v1/customers",
         Access::kAdmin,
         Cost::kQuick,
         "Creates a customer.",
         {},
         kNewCustomer,
         kCustomer,
         endpoint(read_new, create, accounts::customer_to_json, 201),
         201},
        {"GET", "/v1/customers", Access::kAdmin, Cost::kQuick, "All customers.", page_parameters(), "",
         kListSchema, endpoint(read_page, list, accounts::customers_to_json)},
        {"GET",
         "/v1/customers/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "One customer, by id, external id or unique name.",
         {},
         "",
         kCustomer,
         endpoint(read_id, find, accounts::customer_to_json)},
        {"PATCH",
         "/v1/customers/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "Changes the fields that are given.",
         {},
         kCustomerChange,
         kCustomer,
         endpoint(read_change, update, accounts::customer_to_json)},
    };
}

}  // namespace tally::api
