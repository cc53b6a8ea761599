#include "billing/invoices.hpp"

#include "api/endpoint.hpp"
#include "api/resources.hpp"
#include "billing/invoices_json.hpp"

namespace tally::api {
namespace {

constexpr const char* kInvoice =
    R"({"type":"object","required":["id","number","status","customer_id","total","lines"],"properties":{)"
    R"("id":{"type":"string"},"number":{"type":["string","null"]},"status":{"enum":["draft","final","void"]},)"
    R"("customer_id":{"type":"string"},"currency":{"type":"string"},"total":{"type":"string"},)"
    R"("lines":{"type":"array","items":{"type":"object"}}}})";

constexpr const char* kInvoices =
    R"({"type":"object","required":["invoices"],"properties":{"invoices":{"type":"array","items":{"type":"object"}}}})";

constexpr const char* kRun =
    R"({"type":"object","additionalProperties":false,"properties":{"month":{"type":"string"},)"
    R"("as_of":{"type":"string"},"customer":{"type":"string"},"customer_id":{"type":"string"},)"
    R"("draft":{"type":"boolean"},"reissue":{"type":"boolean"}}})";

constexpr const char* kPreview =
    R"({"type":"object","additionalProperties":false,"properties":{"month":{"type":"string"},)"
    R"("as_of":{"type":"string"},"customer":{"type":"string"},"customer_id":{"type":"string"}}})";

constexpr const char* kVoid =
    R"({"type":"object","additionalProperties":false,"properties":{"reason":{"type":"string"}}})";

constexpr const char* kProof =
    R"({"type":"object","required":["id","lines","proved"],"properties":{"id":{"type":"string"},)"
    R"("proved":{"type":"boolean"},"lines":{"type":"array","items":{"type":"object"}}}})";

struct ListInput {
    std::string customer;
    std::optional<billing::InvoiceStatus> status;
    accounts::PageRequest page;
};

struct Voiding {
    std::string id;
    std::string reason;
};

Result<ListInput> read_list(const Request& request) {
    ListInput input;
    TRY_ASSIGN(input.page, read_page(request));
    input.customer = request.query_value("customer").value_or("");
    if (const auto status = request.query_value("status")) {
        TRY_ASSIGN(input.status, billing::parse_invoice_status(*status));
    }
    return input;
}

Result<billing::RunOptions> read_run(const Request& request) {
    return billing::run_options_from_json(request.body);
}

Result<billing::PreviewOptions> read_preview(const Request& request) {
    return billing::preview_options_from_json(request.body);
}

Result<Voiding> read_void(const Request& request) {
    TRY_ASSIGN(auto reason, billing::void_reason_from_json(request.body));
    return Voiding{request.parameter("id"), std::move(reason)};
}

// Routes that make or change invoices.
std::vector<Route> making_routes(billing::Invoices& invoices) {
    const auto preview = [&invoices](const billing::PreviewOptions& options) {
        return invoices.preview(options);
    };
    const auto run = [&invoices](const billing::RunOptions& options) { return invoices.run(options); };
    const auto finalize = [&invoices](const std::string& id) { return invoices.finalize(id); };
    const auto make_void = [&invoices](const Voiding& in) { return invoices.make_void(in.id, in.reason); };
    return {
        {"POST",
         "/v1/invoices/preview",
         Access::kAdmin,
         Cost::kHeavy,
         "What would be invoiced, also of running periods; keeps nothing.",
         {},
         kPreview,
         kInvoices,
         endpoint(read_preview, preview, billing::invoices_to_json)},
        {"POST",
         "/v1/invoices/run",
         Access::kAdmin,
         Cost::kHeavy,
         "Makes the invoices of the periods that have ended; a repeated run gives the same ones.",
         {},
         kRun,
         kInvoices,
         endpoint(read_run, run, billing::invoices_to_json)},
        {"POST",
         "/v1/invoices/{id}/finalize",
         Access::kAdmin,
         Cost::kHeavy,
         "Numbers a draft; from then on it never changes.",
         {},
         "",
         kInvoice,
         endpoint(read_id, finalize, billing::invoice_to_json)},
        {"POST",
         "/v1/invoices/{id}/void",
         Access::kAdmin,
         Cost::kQuick,
         "Voids an invoice; it keeps its number and content.",
         {},
         kVoid,
         kInvoice,
         endpoint(read_void, make_void, billing::invoice_to_json)},
    };
}

// Routes that change nothing.
std::vector<Route> reading_routes(billing::Invoices& invoices) {
    const auto list = [&invoices](const ListInput& in) {
        return invoices.list(in.customer, in.status, in.page);
    };
    const auto find = [&invoices](const std::string& id) { return invoices.find(id); };
    const auto prove = [&invoices](const std::string& id) { return invoices.prove(id); };
    auto list_parameters = page_parameters();
    list_parameters.push_back({"customer", "only those of this customer: id, external id or unique name"});
    list_parameters.push_back({"status", "draft, final or void"});
    return {
        {"GET", "/v1/invoices", Access::kAdmin, Cost::kQuick, "All invoices.", list_parameters, "",
         kListSchema, endpoint(read_list, list, billing::invoices_page_to_json)},
        {"GET",
         "/v1/invoices/{id}",
         Access::kAdmin,
         Cost::kQuick,
         "One invoice, by id or number.",
         {},
         "",
         kInvoice,
         endpoint(read_id, find, billing::invoice_to_json)},
        {"POST",
         "/v1/invoices/{id}/prove",
         Access::kAdmin,
         Cost::kHeavy,
         "Runs an invoice again from its snapshot and compares to the last digit.",
         {},
         "",
         kProof,
         endpoint(read_id, prove, billing::proof_to_json)},
    };
}

}  // namespace

std::vector<Route> invoice_routes(billing::Invoices& invoices) {
    auto routes = making_routes(invoices);
    for (Route& route : reading_routes(invoices))
        routes.push_back(std::move(route));
    return routes;
}

}  // namespace tally::api
