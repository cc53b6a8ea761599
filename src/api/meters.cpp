#include "billing/meters.hpp"

#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "billing/meters_json.hpp"

namespace tally::api {
namespace {

constexpr const char* kMeter =
    R"({"type":"object","required":["id","code","version","aggregation"],"properties":{"id":{"type":"string"},)"
    R"("code":{"type":"string"},"version":{"type":"integer"},"source":{"type":"string"},)"
    R"("aggregation":{"type":"string"},"value":{"type":["string","null"]},"scale":{"type":"string"},)"
    R"("filter":{"type":["string","null"]},"group_by":{"type":"array","items":{"type":"string"}}}})";

constexpr const char* kNewMeter =
    R"({"type":"object","required":["code","aggregation"],"additionalProperties":false,"properties":{)"
    R"("code":{"type":"string"},"source":{"type":"string"},"aggregation":{"type":"string"},)"
    R"("value":{"type":"string"},"scale":{"type":"string"},"filter":{"type":"string"},)"
    R"("group_by":{"type":"array","items":{"type":"string"}}}})";

Result<Meter> read_new(const Request& request) {
    return billing::meter_from_json(request.body);
}

}  // namespace

std::vector<Route> meter_routes(billing::Meters& meters) {
    const auto create = [&meters](const Meter& wanted) { return meters.create(wanted); };
    const auto list = [&meters](const accounts::PageRequest& page) { return meters.list(page); };
    const auto find = [&meters](const std::string& id) { return meters.find(id); };
    const auto archive = [&meters](const std::string& id) { return meters.archive(id); };
    return {
        // Heavy: a filter is checked by the query engine.
        {"POST",
         "/v1/meters",
         Access::kAdmin,
         Cost::kHeavy,
         "Creates a meter, or the next version of one that is there.",
         {},
         kNewMeter,
         kMeter,
         endpoint(read_new, create, billing::meter_to_json, 201),
         201},
        {"GET", "/v1/meters", Access::kAdmin, Cost::kQuick, "All meters, the built-in ones first.",
         page_parameters(), "", kListSchema, endpoint(read_page, list, billing::meters_to_json)},
        {"GET",
         "/v1/meters/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "The newest version of a meter, by id or code.",
         {},
         "",
         kMeter,
         endpoint(read_id, find, billing::meter_to_json)},
        {"POST",
         "/v1/meters/{id}/archive",
         Access::kAdmin,
         Cost::kQuick,
         "Archives a meter: it still proves old invoices, but no new plan may name it.",
         {},
         "",
         kMeter,
         endpoint(read_id, archive, billing::meter_to_json)},
    };
}

}  // namespace tally::api
