#include "edge/nginx_config.hpp"

#include "edge/behavior.hpp"
#include "edge/edge_config_check.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tally::edge {
namespace {

constexpr std::string_view kGzipTypes =
    "text/plain text/css text/xml text/csv text/javascript application/json application/javascript "
    "application/xml application/x-ndjson application/problem+json image/svg+xml";

std::string time_text(std::chrono::milliseconds time) {
    return fmt::format("{}ms", time.count());
}

std::string main_part(const EdgeConfig& config, bool as_root) {
    return fmt::format(
        R"(# Written by tallyman at each start; changes made here are lost. Settings: tallyman.toml, [edge].
daemon on;
{user}worker_processes {workers};
pid "{pid}";
lock_file "{folder}/nginx.lock";
error_log "{error_log}" error;
load_module "{module}";
worker_shutdown_timeout 10s;

events {{
    worker_connections {connections};
}}
)",
        fmt::arg("user", as_root ? "user root;\n" : ""),
        fmt::arg("workers", config.workers == 0 ? "auto" : std::to_string(config.workers)),
        fmt::arg("pid", nginx_pid_path(config).string()), fmt::arg("folder", config.folder.string()),
        fmt::arg("error_log", nginx_error_log_path(config).string()),
        fmt::arg("module", config.module.string()), fmt::arg("connections", config.connections_max));
}

std::string limits_part(const EdgeConfig& config) {
    if (config.plan_table.empty())
        return "";
    return fmt::format("    tallyman_plan_table \"{}\";\n    tallyman_limits \"{}\";\n",
                       config.plan_table.string(), config.limits.string());
}

std::string module_part(const EdgeConfig& config) {
    return fmt::format(
        R"(    tallyman_capture_dir "{capture}";
    tallyman_key_table "{key_table}";
    tallyman_counters "{counters}";
{limits}{token}    tallyman_segment_size {segment_size};
    tallyman_capture_size_max {capture_size_max};
    tallyman_on_full {on_full};
    tallyman_key_header {key_headers};
    tallyman_anonymous {anonymous};
    tallyman_gateway_errors on;
    tallyman_stage "{stage}";
    tallyman_edge_location "{edge_location}";
    tallyman_distribution "{distribution}";
)",
        fmt::arg("capture", config.capture_folder.string()), fmt::arg("key_table", config.key_table.string()),
        fmt::arg("counters", config.counters.string()), fmt::arg("limits", limits_part(config)),
        fmt::arg("token", token_directives(config.token)), fmt::arg("segment_size", config.segment_size),
        fmt::arg("capture_size_max", config.capture_size_max),
        fmt::arg("on_full", config.on_full == OnFull::kReject ? "reject" : "serve"),
        fmt::arg("key_headers", fmt::join(config.key_headers, " ")),
        fmt::arg("anonymous", config.anonymous ? "on" : "off"), fmt::arg("stage", config.stage),
        fmt::arg("edge_location", config.edge_location), fmt::arg("distribution", config.distribution));
}

std::string dimension_part(const EdgeConfig& config) {
    if (config.dimensions.empty())
        return {};
    return fmt::format("    tallyman_dimension {};\n    tallyman_dimension_hide {};\n",
                       fmt::join(config.dimensions, " "), config.dimensions_hide ? "on" : "off");
}

// Whom to believe, how long to wait, how much to take.
std::string client_part(const EdgeConfig& config) {
    std::string text = fmt::format(
        R"(
    access_log off;
    log_not_found off;
    server_tokens off;
    default_type application/octet-stream;
    client_max_body_size {body_size_max};
    large_client_header_buffers 4 {header_size_max};
    client_header_timeout {timeout};
    client_body_timeout {timeout};
    send_timeout {timeout};
    reset_timedout_connection on;
    keepalive_timeout {idle};
    keepalive_requests 100000;
    tcp_nodelay on;
    client_body_temp_path "{folder}/tmp/body";
    proxy_temp_path "{folder}/tmp/proxy";
    fastcgi_temp_path "{folder}/tmp/fastcgi";
    uwsgi_temp_path "{folder}/tmp/uwsgi";
    scgi_temp_path "{folder}/tmp/scgi";
)",
        fmt::arg("body_size_max", config.body_size_max), fmt::arg("header_size_max", config.header_size_max),
        fmt::arg("timeout", time_text(config.client_timeout)),
        fmt::arg("idle", time_text(config.client_idle_timeout)), fmt::arg("folder", config.folder.string()));
    for (const std::string& proxy : config.trusted_proxies)
        text += fmt::format("    set_real_ip_from {};\n", proxy);
    if (!config.trusted_proxies.empty())
        text += "    real_ip_header X-Forwarded-For;\n    real_ip_recursive on;\n";
    text += fmt::format("    gzip_types {};\n    gzip_proxied any;\n    gzip_vary on;\n    gzip {};\n",
                        kGzipTypes, config.gzip ? "on" : "off");
    return text;
}

std::string upstream_part(const EdgeConfig& config) {
    std::string text = "\n    upstream tallyman_upstream {\n";
    text += fmt::format("        server {};\n", parse_upstream(config.upstream)->authority);
    for (const std::string& upstream : config.more_upstreams)
        text += fmt::format("        server {};\n", parse_upstream(upstream)->authority);
    if (config.upstream_keepalive > 0)
        text += fmt::format(
            "        keepalive {};\n        keepalive_requests 100000;\n        keepalive_timeout {};\n",
            config.upstream_keepalive, time_text(config.upstream_idle_timeout));
    return text + "    }\n";
}

// What the upstream hears of the caller is what this edge found out, never what the caller claims.
constexpr std::string_view kProxyHeaders = R"(    map $http_upgrade $tallyman_connection {
        default upgrade;
        "" "";
    }
    proxy_set_header Host $http_host;
    proxy_set_header Connection $tallyman_connection;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Port $server_port;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header Forwarded "";
    proxy_set_header X-Tallyman-Key-Id $tallyman_key_id;
    proxy_set_header X-Tallyman-Customer-Id $tallyman_customer_id;
    proxy_set_header X-Tallyman-Usage-Plan $tallyman_usage_plan;
    proxy_set_header X-Tallyman-Principal $tallyman_principal;
    proxy_set_header X-Customer-Id "";
)";

std::string proxy_part(const EdgeConfig& config) {
    std::string text = upstream_part(config);
    text += kProxyHeaders;
    text += fmt::format(
        R"(    proxy_http_version 1.1;
    proxy_connect_timeout {connect};
    proxy_send_timeout {send};
    proxy_read_timeout {read};
    proxy_next_upstream error timeout;
    proxy_next_upstream_tries {tries};
    proxy_next_upstream_timeout {read};
)",
        fmt::arg("connect", time_text(config.upstream_connect_timeout)),
        fmt::arg("send", time_text(config.upstream_send_timeout)),
        fmt::arg("read", time_text(config.upstream_read_timeout)), fmt::arg("tries", config.upstream_tries));
    const UpstreamAddress upstream = *parse_upstream(config.upstream);
    if (upstream.scheme == "https")
        text += fmt::format(
            R"(    proxy_ssl_server_name on;
    proxy_ssl_name {host};
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 4;
    proxy_ssl_trusted_certificate "{ca}";
)",
            fmt::arg("host", upstream.host), fmt::arg("ca", config.upstream_ca));
    return text;
}

bool caches(const EdgeConfig& config) {
    return std::any_of(config.behaviors.begin(), config.behaviors.end(),
                       [](const CacheBehavior& behavior) { return behavior.cache; });
}

std::string cache_zone_part(const EdgeConfig& config) {
    if (!caches(config))
        return {};
    return fmt::format(
        R"(
    proxy_cache_path "{folder}/cache" levels=1:2 keys_zone=tallyman_cache:16m max_size={size} inactive=1d use_temp_path=off;
    proxy_cache_key $tallyman_cache_key;
    proxy_cache_bypass $tallyman_cache_bypass;
    proxy_no_cache $tallyman_cache_bypass;
    proxy_cache_revalidate on;
)",
        fmt::arg("folder", config.folder.string()), fmt::arg("size", config.cache_size_max));
}

std::string key_query_text(const CacheBehavior& behavior) {
    switch (behavior.cache_key_query) {
        case KeyQuery::kAll: return "all";
        case KeyQuery::kNone: return "none";
        case KeyQuery::kNamed: break;
    }
    return fmt::format("only {}", fmt::join(behavior.cache_key_parameters, " "));
}

// How long errors are kept is nginx's to decide, how long all else is the module's.
std::string cache_part(const EdgeConfig& config, const CacheBehavior& behavior) {
    std::string text = fmt::format(
        R"(            proxy_cache tallyman_cache;
            proxy_ignore_headers Cache-Control Expires X-Accel-Expires;
            tallyman_cache_ttl {}s {}s {}s;
            tallyman_cache_key_query {};
)",
        behavior.min_ttl.count(), behavior.default_ttl.count(), behavior.max_ttl.count(),
        key_query_text(behavior));
    if (!behavior.cache_key_headers.empty())
        text += fmt::format("            tallyman_cache_key_headers {};\n",
                            fmt::join(behavior.cache_key_headers, " "));
    if (behavior.serve_stale)
        text +=
            "            proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;\n"
            "            proxy_cache_background_update on;\n";
    for (const ErrorPage& page : config.error_pages)
        text += fmt::format("            proxy_cache_valid {} {}s;\n", page.status, page.ttl.count());
    return text;
}

std::string behavior_part(const EdgeConfig& config, const CacheBehavior& behavior) {
    std::string text;
    if (!behavior.methods.empty())
        text += fmt::format("            tallyman_methods {};\n", fmt::join(behavior.methods, " "));
    if (behavior.anonymous)
        text += fmt::format("            tallyman_anonymous {};\n", *behavior.anonymous ? "on" : "off");
    if (behavior.durable)
        text += "            tallyman_durable on;\n";
    if (behavior.compress)
        text += "            gzip on;\n";
    if (behavior.cache)
        text += cache_part(config, behavior);
    return text;
}

std::string location_part(const EdgeConfig& config, std::string_view match, std::string_view name,
                          std::string_view settings) {
    return fmt::format(R"(
        location {} {{
            tallyman on;
            tallyman_behavior "{}";
{}            proxy_pass {}://tallyman_upstream;
        }}
)",
                       match, name, settings, parse_upstream(config.upstream)->scheme);
}

std::string locations_part(const EdgeConfig& config) {
    std::string text;
    for (const CacheBehavior& behavior : config.behaviors)
        if (behavior.path != "*")
            text += location_part(config, fmt::format("~ \"{}\"", pattern_regex(behavior.path)),
                                  behavior.path, behavior_part(config, behavior));
    for (const std::string& path : config.anonymous_paths)
        text += location_part(config, path, path, "            tallyman_anonymous on;\n");
    const CacheBehavior* rest = default_behavior(config);
    return text + location_part(config, "/", "*", rest != nullptr ? behavior_part(config, *rest) : "");
}

std::string error_pages_part(const EdgeConfig& config) {
    std::string text;
    for (const ErrorPage& page : config.error_pages)
        text += fmt::format("        error_page {} {};\n", page.status, page.path);
    return text.empty() ? "" : "        proxy_intercept_errors on;\n" + text;
}

std::string server_part(const EdgeConfig& config) {
    std::string text = fmt::format("\n    server {{\n        listen {}{}{};\n", config.listen,
                                   config.tls() ? " ssl" : "", config.tls() && config.http2 ? " http2" : "");
    if (config.tls())
        text += fmt::format(
            "        ssl_certificate \"{}\";\n        ssl_certificate_key \"{}\";\n"
            "        ssl_protocols TLSv1.2 TLSv1.3;\n        ssl_session_cache shared:tallyman_tls:4m;\n",
            config.certificate, config.certificate_key);
    // Also what nginx answers before it knows a location, such as 400, is recorded.
    text += "        tallyman on;\n" + error_pages_part(config);
    text += fmt::format(R"(
        location = {} {{
            tallyman off;
            default_type text/plain;
            return 200 "ok\n";
        }}
)",
                        config.health_path);
    return text + locations_part(config) + "    }\n";
}

// GET and HEAD may be repeated as they are; the others keep their method with 307, as CloudFront does it.
std::string redirect_part(const EdgeConfig& config) {
    if (config.redirect_listen.empty())
        return {};
    const std::uint16_t port = parse_listen(config.listen)->port;
    const std::string target =
        fmt::format("https://$host{}$request_uri", port == 443 ? "" : fmt::format(":{}", port));
    return fmt::format(R"(
    server {{
        listen {0};
        tallyman on;
        tallyman_behavior "*";
        if ($request_method !~ ^(GET|HEAD)$) {{
            return 307 {1};
        }}
        return 301 {1};
    }}
)",
                       config.redirect_listen, target);
}

Error bad_listen(std::string_view listen) {
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("[edge] listen = \"{}\" must be address:port, [IPv6 address]:port or port, such as "
                    "\"127.0.0.1:8080\".",
                    listen)};
}

}  // namespace

Result<ListenAddress> parse_listen(std::string_view listen) {
    ListenAddress address;
    const std::size_t colon = listen.rfind(':');
    std::string_view host = colon == std::string_view::npos ? "*" : listen.substr(0, colon);
    const std::string_view port = colon == std::string_view::npos ? listen : listen.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc{} || end != port.data() + port.size() || address.port == 0)
        return bad_listen(listen);
    if (host.size() > 2 && host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        address.is_v6 = true;
    }
    if (host.empty() || host.find_first_of(" \"'\\;{}$#\n[]") != std::string_view::npos ||
        (!address.is_v6 && host.find(':') != std::string_view::npos))
        return bad_listen(listen);
    if (host == "*" || host == "0.0.0.0")
        host = "127.0.0.1";
    if (host == "::")
        host = "::1";
    address.host = host;
    return address;
}

Path nginx_config_path(const EdgeConfig& config) {
    return config.folder / "nginx.conf";
}

Path nginx_pid_path(const EdgeConfig& config) {
    return config.folder / "nginx.pid";
}

Path nginx_error_log_path(const EdgeConfig& config) {
    return config.folder / "error.log";
}

Result<std::string> nginx_config_text(const EdgeConfig& config, bool as_root) {
    TRY(check_edge_config(config));
    TRY(parse_listen(config.listen));
    if (!config.redirect_listen.empty())
        TRY(parse_listen(config.redirect_listen));
    return main_part(config, as_root) + "\nhttp {\n" + module_part(config) + dimension_part(config) +
           client_part(config) + proxy_part(config) + cache_zone_part(config) + server_part(config) +
           redirect_part(config) + "}\n";
}

}  // namespace tally::edge
