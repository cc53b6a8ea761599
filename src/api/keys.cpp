#include "accounts/keys.hpp"

#include "accounts/keys_json.hpp"
#include "api/endpoint.hpp"
#include "api/resources.hpp"

namespace tally::api {
namespace {

constexpr const char* kKey =
    R"({"type":"object","required":["id","customer_id","name","status"],"properties":{"id":{"type":"string"},)"
    R"("customer_id":{"type":"string"},"name":{"type":"string"},"usage_plan":{"type":["string","null"]},)"
    R"("status":{"enum":["active","revoked"]}}})";

constexpr const char* kCreatedKey =
    R"({"type":"object","required":["id","customer_id","name"],"properties":{"id":{"type":"string"},)"
    R"("key":{"type":"string","description":"shown this once; not for a principal"},"customer_id":{"type":"string"},)"
    R"("name":{"type":"string"}}})";

constexpr const char* kNewKey =
    R"({"type":"object","required":["customer"],"additionalProperties":false,"properties":{)"
    R"("customer":{"type":"string"},"customer_id":{"type":"string"},"name":{"type":"string"},)"
    R"("usage_plan":{"type":"string"},"expires_at":{"type":"string","format":"date-time"},)"
    R"("value":{"type":"string"},"import":{"type":"boolean"},"principal":{"type":"string",)"
    R"("description":"whom tokens of the issuer name, instead of a value"}}})";

constexpr const char* kKeyWithLimits =
    R"({"type":"object","required":["id","customer_id","name","status","throttle","quota"],"properties":{)"
    R"("id":{"type":"string"},"customer_id":{"type":"string"},"name":{"type":"string"},)"
    R"("usage_plan":{"type":["string","null"]},"status":{"enum":["active","revoked"]},)"
    R"("throttle":{"type":["object","null"]},"quota":{"type":["object","null"],"properties":{)"
    R"("limit":{"type":"integer"},"offset":{"type":"integer"},"used":{"type":"integer"},)"
    R"("remaining":{"type":"integer"},"period":{"enum":["DAY","WEEK","MONTH"]},)"
    R"("resets_at":{"type":"string","format":"date-time"}}}}})";

constexpr const char* kKeyChange =
    R"({"type":"object","additionalProperties":false,"properties":{"name":{"type":["string","null"]},)"
    R"("usage_plan":{"type":["string","null"]}}})";

constexpr const char* kRotation =
    R"({"type":"object","additionalProperties":false,"properties":{"overlap_seconds":{"type":"integer"}}})";

struct ListInput {
    std::string customer;
    accounts::PageRequest page;
};

Result<ListInput> read_list(const Request& request) {
    TRY_ASSIGN(auto page, read_page(request));
    return ListInput{request.query_value("customer").value_or(""), std::move(page)};
}

struct Change {
    std::string id;
    accounts::KeyChange change;
};

Result<Change> read_change(const Request& request) {
    TRY_ASSIGN(auto change, accounts::key_change_from_json(request.body));
    return Change{request.parameter("id"), std::move(change)};
}

Result<accounts::KeyWithLimits> with_limits(accounts::Keys& keys, accounts::ApiKey key) {
    TRY_ASSIGN(auto limits, keys.limits(key));
    return accounts::KeyWithLimits{std::move(key), std::move(limits)};
}

// The body shows the key, so what is kept for a repeated request is the record without it.
Response created(const accounts::CreatedKey& key) {
    return {201,
            "application/json",
            {},
            std::string(accounts::created_key_to_json(key).reveal()),
            accounts::key_to_json(key.key)};
}

Result<Response> create(accounts::Keys& keys, const Request& request) {
    TRY_ASSIGN(const auto wanted, accounts::key_request_from_json(request.body));
    if (wanted.value) {
        TRY_ASSIGN(const auto key, keys.import_value(wanted.key, *wanted.value));
        return Response{201, "application/json", {}, accounts::key_to_json(key), {}};
    }
    if (wanted.principal) {
        TRY_ASSIGN(const auto key, keys.create_principal(wanted.key, *wanted.principal));
        return Response{201, "application/json", {}, accounts::key_to_json(key), {}};
    }
    TRY_ASSIGN(const auto key, keys.create(wanted.key));
    return created(key);
}

Result<Response> rotate(accounts::Keys& keys, const Request& request) {
    TRY_ASSIGN(const auto overlap, accounts::rotation_from_json(request.body));
    TRY_ASSIGN(const auto key, keys.rotate(request.parameter("id"), overlap));
    return created(key);
}

// What becomes of a key that exists.
std::vector<Route> key_change_routes(accounts::Keys& keys) {
    const auto update = [&keys](const Change& change) -> Result<accounts::KeyWithLimits> {
        TRY_ASSIGN(auto key, keys.update(change.id, change.change));
        return with_limits(keys, std::move(key));
    };
    const auto revoke = [&keys](const std::string& id) { return keys.revoke(id); };
    return {
        {"PATCH",
         "/v1/keys/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "Changes the name, or puts the key under another usage plan; null takes them away.",
         {},
         kKeyChange,
         kKeyWithLimits,
         endpoint(read_change, update, accounts::key_with_limits_to_json)},
        {"POST",
         "/v1/keys/{id}/revoke",
         Access::kAdmin,
         Cost::kQuick,
         "Revokes a key: the edge refuses it from now on.",
         {},
         "",
         kKey,
         endpoint(read_id, revoke, accounts::key_to_json)},
        {"POST",
         "/v1/keys/{id}/rotate",
         Access::kAdmin,
         Cost::kQuick,
         "Makes a new key for the same customer; the old one ends after overlap_seconds, or when it is "
         "revoked.",
         {},
         kRotation,
         kCreatedKey,
         [&keys](const Request& request) { return rotate(keys, request); },
         201},
        {"DELETE",
         "/v1/keys/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "Revokes a key for good. Its record stays, because usage and invoices name it.",
         {},
         "",
         kKey,
         endpoint(read_id, revoke, accounts::key_to_json)},
    };
}

}  // namespace

std::vector<Route> key_routes(accounts::Keys& keys) {
    const auto list = [&keys](const ListInput& input) { return keys.list(input.customer, input.page); };
    const auto find = [&keys](const std::string& id) -> Result<accounts::KeyWithLimits> {
        TRY_ASSIGN(auto key, keys.find(id));
        return with_limits(keys, std::move(key));
    };
    auto list_parameters = page_parameters();
    list_parameters.push_back({"customer", "only the keys of this customer: id, external id or unique name"});
    std::vector<Route> routes = {
        {"POST",
         "/v1/keys",
         Access::kAdmin,
         Cost::kQuick,
         "Creates a key, and shows it this once; or takes over an existing one (value and import); or lets "
         "callers in by tokens (principal).",
         {},
         kNewKey,
         kCreatedKey,
         [&keys](const Request& request) { return create(keys, request); },
         201},
        {"GET", "/v1/keys", Access::kAdmin, Cost::kQuick, "All keys; never their values.", list_parameters,
         "", kListSchema, endpoint(read_list, list, accounts::keys_to_json)},
        {"GET",
         "/v1/keys/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "One key, by id or unique name, and what it has used of its quota.",
         {},
         "",
         kKeyWithLimits,
         endpoint(read_id, find, accounts::key_with_limits_to_json)},
    };
    for (Route& route : key_change_routes(keys))
        routes.push_back(std::move(route));
    return routes;
}

}  // namespace tally::api
