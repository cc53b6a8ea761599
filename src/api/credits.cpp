#include "billing/credits.hpp"

#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "billing/credits_json.hpp"

namespace tally::api {
namespace {

constexpr const char* kGrant =
    R"({"type":"object","required":["id","customer_id","amount","currency","status"],"properties":{)"
    R"("id":{"type":"string"},"customer_id":{"type":"string"},"amount":{"type":"string"},)"
    R"("currency":{"type":"string"},"description":{"type":"string"},"status":{"enum":["granted","void"]}}})";

constexpr const char* kNewGrant =
    R"({"type":"object","required":["customer_id","amount","currency"],"additionalProperties":false,)"
    R"("properties":{"customer_id":{"type":"string"},"customer":{"type":"string"},)"
    R"("amount":{"type":"string"},"currency":{"type":"string"},"description":{"type":"string"}}})";

constexpr const char* kVoid = R"({"type":"object","required":["reason"],"additionalProperties":false,)"
                              R"("properties":{"reason":{"type":"string"}}})";

constexpr const char* kEnd =
    R"({"type":"object","required":["customer_id"],"additionalProperties":false,)"
    R"("properties":{"customer_id":{"type":"string"},"customer":{"type":"string"}}})";

constexpr const char* kBalance =
    R"({"type":"object","required":["customer_id","currency","granted","spent","balance","state","allowance"],)"
    R"("properties":{"customer_id":{"type":"string"},"currency":{"type":"string"},)"
    R"("granted":{"type":"string"},"spent":{"type":"string"},"balance":{"type":"string"},)"
    R"("state":{"enum":["open","stopped","ended"]},"unpriced":{"type":"boolean"},)"
    R"("allowance":{"type":"object","properties":{"granted":{"type":"integer"},"used":{"type":"integer"}}}}})";

struct ListInput {
    std::string customer;
    accounts::PageRequest page;
};

struct Voiding {
    std::string id;
    std::string reason;
};

std::string customer_of(const Request& request) {
    return request.query_value("customer_id").value_or(request.query_value("customer").value_or(""));
}

Result<billing::NewGrant> read_new(const Request& request) {
    return billing::new_grant_from_json(request.body);
}

Result<ListInput> read_list(const Request& request) {
    TRY_ASSIGN(auto page, read_page(request));
    return ListInput{customer_of(request), std::move(page)};
}

Result<Voiding> read_void(const Request& request) {
    TRY_ASSIGN(auto reason, billing::grant_void_from_json(request.body));
    return Voiding{request.parameter("id"), std::move(reason)};
}

Result<std::string> read_balance(const Request& request) {
    std::string customer = customer_of(request);
    if (customer.empty())
        return Error{ErrorCode::kInvalidArgument, "say whose balance: ?customer_id=", "/customer_id"};
    return customer;
}

Result<std::string> read_end(const Request& request) {
    return billing::credit_end_from_json(request.body);
}

const std::vector<QueryParameter> kCustomerParameters{
    {"customer_id", "only this customer's: id, external id or unique name"},
    {"customer", "the same as customer_id"}};

std::vector<QueryParameter> list_parameters() {
    auto parameters = page_parameters();
    parameters.insert(parameters.end(), kCustomerParameters.begin(), kCustomerParameters.end());
    return parameters;
}

}  // namespace

// Whatever changes a credit prices what it has paid for so far, which is a query.
std::vector<Route> credit_routes(billing::Credits& credits) {
    const auto grant = [&credits](const billing::NewGrant& wanted) { return credits.grant(wanted); };
    const auto list = [&credits](const ListInput& in) { return credits.list(in.customer, in.page); };
    const auto make_void = [&credits](const Voiding& in) { return credits.make_void(in.id, in.reason); };
    const auto balance = [&credits](const std::string& customer) { return credits.balance(customer); };
    const auto end = [&credits](const std::string& customer) { return credits.end(customer); };
    return {
        {"POST",
         "/v1/credits",
         Access::kAdmin,
         Cost::kHeavy,
         "Grants a customer credit; the first grant makes it pay ahead.",
         {},
         kNewGrant,
         kGrant,
         endpoint(read_new, grant, billing::grant_to_json, 201),
         201},
        {"GET", "/v1/credits", Access::kAdmin, Cost::kQuick, "All grants of credit.", list_parameters(), "",
         kListSchema, endpoint(read_list, list, billing::grants_to_json)},
        {"GET", "/v1/credits/balance", Access::kAdmin, Cost::kHeavy,
         "What a customer's credit has paid for up to now, and what is left.", kCustomerParameters, "",
         kBalance, endpoint(read_balance, balance, billing::balance_to_json)},
        {"POST",
         "/v1/credits/{id}/void",
         Access::kAdmin,
         Cost::kHeavy,
         "Withdraws a grant; the customer stays one who pays ahead.",
         {},
         kVoid,
         kGrant,
         endpoint(read_void, make_void, billing::grant_to_json)},
        {"POST",
         "/v1/credits/end",
         Access::kAdmin,
         Cost::kHeavy,
         "Makes a customer pay later again; the answer is its balance at the end.",
         {},
         kEnd,
         kBalance,
         endpoint(read_end, end, billing::balance_to_json)},
    };
}

}  // namespace tally::api
