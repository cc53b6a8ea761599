#include "app/edge_control.hpp"

#include "app/issuer_keys.hpp"
#include "edge/behavior.hpp"

#include <algorithm>

#include <unistd.h>

namespace tally::app {
namespace {

constexpr std::string_view kModuleName = "ngx_http_tallyman_module.so";

// Beside the program (a build folder), or where an installation has it.
Result<Path> find_module() {
    std::error_code error;
    const Path program = std::filesystem::read_symlink("/proc/self/exe", error);
    const Path beside = program.parent_path();
    for (const Path& folder : {beside, beside.parent_path() / "lib" / "tallyman"})
        if (const Path module = folder / kModuleName; ::access(module.c_str(), R_OK) == 0)
            return module;
    return Error{ErrorCode::kNotFound, std::string(kModuleName) + " is neither in " + beside.string() +
                                           " nor in " + (beside.parent_path() / "lib" / "tallyman").string() +
                                           "; build it, or install Tallyman again"};
}

edge::TokenSettings token_settings(const DataFolder& folder, const Config::Edge& edge) {
    edge::TokenSettings out;
    out.issuer = edge.jwt_issuer;
    out.jwks = issuer_keys_file(folder);
    out.audiences = edge.jwt_audience;
    out.token_uses = edge.jwt_token_use;
    out.principal_claim = edge.jwt_principal_claim;
    out.clock_skew = std::chrono::duration_cast<std::chrono::milliseconds>(edge.jwt_clock_skew);
    out.admit_unknown = edge.jwt_admit_unknown;
    return out;
}

edge::EdgeConfig edge_config(const DataFolder& folder, const Config& config) {
    edge::EdgeConfig out;
    out.listen = config.edge.listen.text();
    out.upstream = config.edge.upstream;
    out.key_headers = config.edge.key_headers;
    out.token = token_settings(folder, config.edge);
    out.anonymous = config.edge.anonymous;
    out.anonymous_paths = config.edge.anonymous_paths;
    out.certificate = config.edge.certificate;
    out.certificate_key = config.edge.key;
    out.workers = static_cast<unsigned>(config.edge.workers);
    out.folder = folder.edge();
    out.capture_folder = folder.capture();
    out.key_table = key_table_file(folder);
    out.counters = uncaptured_counters_file(folder);
    out.plan_table = plan_table_file(folder);
    out.limits = limit_file(folder);
    out.segment_size = config.capture.segment_size;
    out.capture_size_max = config.capture.size_max;
    out.on_full = config.capture.on_full == OnFull::kServe ? edge::OnFull::kServe : edge::OnFull::kReject;
    out.stage = config.edge.stage;
    out.edge_location = config.edge.edge_location;
    out.distribution = config.edge.distribution;
    out.dimensions = config.edge.dimensions;
    out.dimensions_hide = config.edge.dimensions_hide;
    config.edge.traffic.put_into(out);
    return out;
}

}  // namespace

Path uncaptured_counters_file(const DataFolder& folder) {
    return folder.edge() / "uncaptured";
}

Path key_table_file(const DataFolder& folder) {
    return folder.edge() / "keys.table";
}

Path plan_table_file(const DataFolder& folder) {
    return folder.edge() / "plans.table";
}

Path limit_file(const DataFolder& folder) {
    return folder.edge() / "limits";
}

Result<std::unique_ptr<edge::NginxProcess>> make_nginx(const DataFolder& folder, const Config& config,
                                                       const Clock& clock) {
    TRY_ASSIGN(const Path nginx, edge::find_nginx());
    edge::EdgeConfig wanted = edge_config(folder, config);
    TRY_ASSIGN(wanted.module, find_module());
    return std::make_unique<edge::NginxProcess>(nginx, wanted, clock);
}

edge::NginxProcess running_nginx(const DataFolder& folder, const Config& config, const Clock& clock) {
    return {Path(), edge_config(folder, config), clock};
}

api::Endpoint edge_endpoint(const DataFolder& folder, const Config& config, const Clock& clock) {
    const bool tls = !config.edge.certificate.empty();
    return {(tls ? "https://" : "http://") + config.edge.listen.text(),
            running_nginx(folder, config, clock).running().value_or(0)};
}

Result<api::EdgeRoute> ConfiguredEdge::route(std::string_view method, std::string_view path) {
    const edge::EdgeConfig edge = edge_config(folder_, config_);
    TRY_ASSIGN(const std::string normal, edge::normal_path(path));
    const edge::CacheBehavior* behavior = edge::find_behavior(edge, normal);
    const api::Endpoint endpoint = edge_endpoint(folder_, config_, clock_);
    api::EdgeRoute out;
    out.behavior = "*";
    out.anonymous = edge.anonymous;
    out.url = endpoint.url;
    out.running = endpoint.pid > 0;
    out.upstreams = edge.more_upstreams;
    out.upstreams.insert(out.upstreams.begin(), edge.upstream);
    if (behavior == nullptr) {
        behavior = edge::default_behavior(edge);
        // nginx takes the longest of the prefixes that fit.
        for (const std::string& prefix : edge.anonymous_paths)
            if (normal.starts_with(prefix) && (out.behavior == "*" || prefix.size() > out.behavior.size())) {
                out.behavior = prefix;
                out.anonymous = true;
            }
        if (out.behavior != "*")
            behavior = nullptr;
    }
    if (behavior == nullptr)
        return out;
    out.behavior = behavior->path;
    out.anonymous = behavior->anonymous.value_or(edge.anonymous);
    out.cached = behavior->cache && (method == "GET" || method == "HEAD");
    out.durable = behavior->durable;
    const auto& methods = behavior->methods;
    out.method_allowed =
        methods.empty() || std::find(methods.begin(), methods.end(), method) != methods.end();
    return out;
}

}  // namespace tally::app
