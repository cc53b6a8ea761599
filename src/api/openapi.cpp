#include "api/openapi.hpp"

#include "api/problem.hpp"
#include "base/json_writer.hpp"

#include <algorithm>
#include <map>

namespace tally::api {
namespace {

constexpr std::string_view kProblemSchema =
    R"({"type":"object","required":["type","title","status","detail","instance"],"properties":{)"
    R"("type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},)"
    R"("instance":{"type":"string"},"code":{"type":"string"},"incident":{"type":"string"},)"
    R"("errors":{"type":"array","items":{"type":"object","properties":{"pointer":{"type":"string"},)"
    R"("detail":{"type":"string"}}}}}})";

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

// "GET /v1/keys/{id}" becomes "get_v1_keys_id".
std::string operation_id(const Route& route) {
    std::string id = lower(route.method);
    for (const char c : route.pattern) {
        if (c == '/' || c == '-' || c == '.')
            id += '_';
        else if (c != '{' && c != '}')
            id += c;
    }
    return id;
}

void write_parameter(JsonWriter& json, std::string_view name, std::string_view in, std::string_view meaning) {
    json.begin_object().field("name", name).field("in", in);
    if (in == "path")
        json.field("required", true);
    if (!meaning.empty())
        json.field("description", meaning);
    json.key("schema").raw(R"({"type":"string"})").end_object();
}

void write_parameters(JsonWriter& json, const Route& route) {
    json.key("parameters").begin_array();
    for (std::size_t at = route.pattern.find('{'); at != std::string::npos;
         at = route.pattern.find('{', at + 1)) {
        const std::size_t end = route.pattern.find('}', at);
        write_parameter(json, route.pattern.substr(at + 1, end - at - 1), "path", "");
    }
    for (const auto& parameter : route.query)
        write_parameter(json, parameter.name, "query", parameter.meaning);
    if (route.method != "GET" && route.access == Access::kAdmin)
        write_parameter(json, "Idempotency-Key", "header",
                        "the same key gives the same answer, and does nothing twice");
    json.end_array();
}

void write_security(JsonWriter& json, Access access) {
    json.key("security").begin_array();
    if (access == Access::kAdmin || access == Access::kKeyHolder)
        json.raw(R"({"admin_token":[]})");
    if (access == Access::kKeyHolder)
        json.raw(R"({"api_key":[]})");
    json.end_array();
}

void write_answers(JsonWriter& json, const Route& route) {
    json.key("responses").begin_object();
    json.key(std::to_string(route.success)).begin_object().field("description", route.summary);
    if (!route.answer_schema.empty())
        json.key("content")
            .begin_object()
            .key("application/json")
            .begin_object()
            .key("schema")
            .raw(route.answer_schema)
            .end_object()
            .end_object();
    json.end_object();
    json.key("default").begin_object().field("description", "what went wrong");
    json.key("content").raw(
        R"({"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}})");
    json.end_object().end_object();
}

// A schema that requires no member has an empty object, and so no body at all, for a default.
bool must_have_body(const Route& route) {
    return route.request_schema.find("\"required\"") != std::string::npos;
}

void write_operation(JsonWriter& json, const Route& route) {
    json.key(lower(route.method)).begin_object();
    json.field("operationId", operation_id(route)).field("summary", route.summary);
    write_parameters(json, route);
    write_security(json, route.access);
    if (!route.request_schema.empty())
        json.key("requestBody")
            .begin_object()
            .field("required", must_have_body(route))
            .key("content")
            .begin_object()
            .key(route.request_media)
            .begin_object()
            .key("schema")
            .raw(route.request_schema)
            .end_object()
            .end_object()
            .end_object();
    write_answers(json, route);
    json.end_object();
}

}  // namespace

std::string openapi_document(const std::vector<Route>& routes, std::string_view version) {
    std::map<std::string, std::vector<const Route*>> paths;
    for (const Route& route : routes)
        paths[route.pattern].push_back(&route);

    JsonWriter json;
    json.begin_object().field("openapi", "3.1.0");
    json.key("info").begin_object().field("title", "Tallyman").field("version", version).end_object();
    json.key("paths").begin_object();
    for (const auto& [path, methods] : paths) {
        json.key(path).begin_object();
        for (const Route* route : methods)
            write_operation(json, *route);
        json.end_object();
    }
    json.end_object();
    json.key("components").begin_object();
    json.key("schemas").begin_object().key("Problem").raw(kProblemSchema).end_object();
    json.key("securitySchemes")
        .raw(R"({"admin_token":{"type":"http","scheme":"bearer"},)"
             R"("api_key":{"type":"apiKey","in":"header","name":"x-api-key"}})");
    json.end_object().end_object();
    return json.take();
}

Route openapi_route(const std::vector<Route>& all, std::string version) {
    Route route{"GET",
                "/v1/openapi.json",
                Access::kAdmin,
                Cost::kQuick,
                "This description of the API.",
                {},
                "",
                R"({"type":"object"})",
                {}};
    route.handler = [&all, version = std::move(version)](const Request&) -> Result<Response> {
        return Response{200, "application/json", {}, openapi_document(all, version)};
    };
    return route;
}

}  // namespace tally::api
