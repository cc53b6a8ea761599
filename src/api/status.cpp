#include "api/endpoint.hpp"
#include "api/metrics.hpp"
#include "api/resources.hpp"

namespace tally::api {
namespace {

struct Output {
    Endpoint server;
    Endpoint edge;
};

void write_endpoint(JsonWriter& json, std::string_view name, const Endpoint& endpoint) {
    json.key(name).begin_object().field("url", endpoint.url).field("running", endpoint.pid > 0);
    json.key("pid");
    if (endpoint.pid > 0)
        json.number(endpoint.pid);
    else
        json.null();
    json.end_object();
}

Response plain(int status, std::string body) {
    return {status, "text/plain; charset=utf-8", {}, std::move(body), {}};
}

constexpr const char* kStatus =
    R"({"type":"object","required":["server","edge","version"],"properties":{"version":{"type":"string"},)"
    R"("server":{"type":"object","properties":{"url":{"type":"string"},"running":{"type":"boolean"},)"
    R"("pid":{"type":["integer","null"]}}},"edge":{"type":"object"}}})";

}  // namespace

std::vector<Route> status_routes(Deployment& deployment, std::string version) {
    const auto nothing = [](const Request&) -> Result<int> { return 0; };
    const auto ask = [&deployment](int) -> Result<Output> {
        return Output{deployment.server(), deployment.edge()};
    };
    const auto write = [version](const Output& output) {
        JsonWriter json;
        json.begin_object().field("version", version);
        write_endpoint(json, "server", output.server);
        write_endpoint(json, "edge", output.edge);
        json.end_object();
        return json.take();
    };
    const auto live = [](const Request&) -> Result<Response> { return plain(200, "ok\n"); };
    // Says only whether: anyone may ask, and the reason may name what is inside. The log has it.
    const auto ready = [&deployment](const Request&) -> Result<Response> {
        return deployment.ready() ? plain(200, "ready\n") : plain(503, "not ready\n");
    };
    return {
        {"GET",
         "/v1/status",
         Access::kAdmin,
         Cost::kQuick,
         "Which parts run, and where they answer.",
         {},
         "",
         kStatus,
         endpoint(nothing, ask, write)},
        {"GET",
         "/healthz",
         Access::kOpen,
         Cost::kQuick,
         "200 while the server answers at all.",
         {},
         "",
         "",
         live},
        {"GET",
         "/readyz",
         Access::kOpen,
         Cost::kQuick,
         "200 when the state database and the lake can be reached, else 503.",
         {},
         "",
         "",
         ready},
    };
}

std::vector<Route> metrics_routes(DeliveryControl& delivery, CreditControl& credit,
                                  const RequestCounters& requests, std::string version) {
    const auto answer = [&delivery, &credit, &requests,
                         version = std::move(version)](const Request&) -> Result<Response> {
        TRY_ASSIGN(const auto pipeline, delivery.counters());
        return Response{200,
                        "text/plain; version=0.0.4; charset=utf-8",
                        {},
                        metrics_text(pipeline, credit.prepaid_counts(), requests, version),
                        {}};
    };
    return {
        {"GET", "/metrics", Access::kLoopback, Cost::kHeavy, "Prometheus text format.", {}, "", "", answer}};
}

}  // namespace tally::api
