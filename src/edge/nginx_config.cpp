#include "edge/nginx_config.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tally::edge {
namespace {

// Nginx reads variables, quotes and ends of statements in values; none of our settings needs one.
constexpr std::string_view kForbiddenCharacters = "\"'\\;{}$#\n\r\t";

Status check_plain(std::string_view setting, std::string_view value) {
    if (value.find_first_of(kForbiddenCharacters) == std::string_view::npos)
        return {};
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("[edge] {} = \"{}\" cannot be written into nginx's configuration: it must not hold "
                    "quotes, line breaks or any of \\ ; {{ }} $ #.",
                    setting, value)};
}

Status check_token(std::string_view setting, std::string_view value) {
    TRY(check_plain(setting, value));
    if (!value.empty() && value.find(' ') == std::string_view::npos)
        return {};
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("[edge] {} = \"{}\" must not be empty and must not hold blanks.", setting, value)};
}

struct Upstream {
    std::string_view scheme;
    std::string_view authority;
};

Result<Upstream> parse_upstream(std::string_view text) {
    TRY(check_token("upstream", text));
    for (const std::string_view scheme : {"http", "https"}) {
        const std::string start = fmt::format("{}://", scheme);
        std::string_view authority = text;
        if (!authority.starts_with(start))
            continue;
        authority.remove_prefix(start.size());
        if (authority.ends_with('/'))
            authority.remove_suffix(1);
        if (!authority.empty() && authority.find_first_of("/?@") == std::string_view::npos)
            return Upstream{scheme, authority};
    }
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("[edge] upstream = \"{}\" must be http://host:port or https://host:port, without a "
                    "path: the edge forwards the caller's path.",
                    text)};
}

Status check_paths(const EdgeConfig& config) {
    for (const auto& [name, path] :
         {std::pair{"folder", &config.folder}, std::pair{"module", &config.module},
          std::pair{"capture folder", &config.capture_folder}, std::pair{"key table", &config.key_table},
          std::pair{"counters", &config.counters}, std::pair{"plan table", &config.plan_table},
          std::pair{"limits", &config.limits}}) {
        TRY(check_plain(name, path->string()));
        const bool is_optional = path == &config.plan_table || path == &config.limits;
        if (!path->is_absolute() && !(is_optional && path->empty()))
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("The edge's {} \"{}\" must be an absolute path.", name, path->string())};
    }
    return {};
}

Status check(const EdgeConfig& config) {
    TRY(check_paths(config));
    TRY(check_token("body_size_max", config.body_size_max));
    TRY(check_plain("stage", config.stage));
    TRY(check_plain("edge_location", config.edge_location));
    TRY(check_plain("distribution", config.distribution));
    TRY(check_plain("certificate", config.certificate));
    TRY(check_plain("certificate_key", config.certificate_key));
    for (const std::string& header : config.key_headers)
        TRY(check_token("key_headers", header));
    for (const std::string& path : config.anonymous_paths) {
        TRY(check_token("anonymous_paths", path));
        if (!path.starts_with('/') || path == "/")
            return Error{ErrorCode::kInvalidArgument,
                         fmt::format("[edge] anonymous_paths: \"{}\" must start with / and name more than "
                                     "that; for all paths set anonymous = true.",
                                     path)};
    }
    if (config.key_headers.empty())
        return Error{ErrorCode::kInvalidArgument, "[edge] key_headers needs at least one header name."};
    if (config.certificate.empty() != config.certificate_key.empty())
        return Error{ErrorCode::kInvalidArgument,
                     "[edge] certificate and certificate_key belong together: set both or none."};
    return {};
}

std::string main_part(const EdgeConfig& config, bool as_root) {
    return fmt::format(
        R"(# Written by tallyman at each start; changes made here are lost. Settings: tallyman.toml, [edge].
daemon off;
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
{limits}    tallyman_segment_size {segment_size};
    tallyman_capture_size_max {capture_size_max};
    tallyman_on_full {on_full};
    tallyman_key_header {key_headers};
    tallyman_anonymous {anonymous};
    tallyman_stage "{stage}";
    tallyman_edge_location "{edge_location}";
    tallyman_distribution "{distribution}";
)",
        fmt::arg("capture", config.capture_folder.string()), fmt::arg("key_table", config.key_table.string()),
        fmt::arg("counters", config.counters.string()), fmt::arg("limits", limits_part(config)),
        fmt::arg("segment_size", config.segment_size),
        fmt::arg("capture_size_max", config.capture_size_max),
        fmt::arg("on_full", config.on_full == OnFull::kReject ? "reject" : "serve"),
        fmt::arg("key_headers", fmt::join(config.key_headers, " ")),
        fmt::arg("anonymous", config.anonymous ? "on" : "off"), fmt::arg("stage", config.stage),
        fmt::arg("edge_location", config.edge_location), fmt::arg("distribution", config.distribution));
}

std::string proxy_part(const EdgeConfig& config, const Upstream& upstream) {
    return fmt::format(R"(
    access_log off;
    log_not_found off;
    server_tokens off;
    default_type application/octet-stream;
    client_max_body_size {body_size_max};
    client_body_temp_path "{folder}/tmp/body";
    proxy_temp_path "{folder}/tmp/proxy";
    fastcgi_temp_path "{folder}/tmp/fastcgi";
    uwsgi_temp_path "{folder}/tmp/uwsgi";
    scgi_temp_path "{folder}/tmp/scgi";
    keepalive_requests 100000;
    tcp_nodelay on;

    upstream tallyman_upstream {{
        server {authority};
        keepalive 64;
        keepalive_requests 100000;
    }}
    map $http_upgrade $tallyman_connection {{
        default upgrade;
        "" "";
    }}
    proxy_http_version 1.1;
    proxy_ssl_server_name on;
    proxy_set_header Host $http_host;
    proxy_set_header Connection $tallyman_connection;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
)",
                       fmt::arg("body_size_max", config.body_size_max),
                       fmt::arg("folder", config.folder.string()), fmt::arg("authority", upstream.authority));
}

std::string location_part(std::string_view pattern, std::string_view scheme, bool anonymous) {
    return fmt::format(R"(
        location {} {{
            tallyman on;
{}            proxy_pass {}://tallyman_upstream;
        }}
)",
                       pattern, anonymous ? "            tallyman_anonymous on;\n" : "", scheme);
}

std::string server_part(const EdgeConfig& config, const Upstream& upstream) {
    const bool tls = !config.certificate.empty();
    std::string text =
        fmt::format("\n    server {{\n        listen {}{};\n", config.listen, tls ? " ssl" : "");
    if (tls)
        text += fmt::format(
            "        ssl_certificate \"{}\";\n        ssl_certificate_key \"{}\";\n"
            "        ssl_protocols TLSv1.2 TLSv1.3;\n",
            config.certificate, config.certificate_key);
    // Also what nginx answers before it knows a location, such as 400, is recorded.
    text += "        tallyman on;\n";
    text += fmt::format(R"(
        location = {} {{
            tallyman off;
            default_type text/plain;
            return 200 "ok\n";
        }}
)",
                        kHealthPath);
    for (const std::string& path : config.anonymous_paths)
        text += location_part(path, upstream.scheme, true);
    text += location_part("/", upstream.scheme, false);
    return text + "    }\n";
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
    TRY(check(config));
    TRY(parse_listen(config.listen));
    TRY_ASSIGN(const Upstream upstream, parse_upstream(config.upstream));
    return main_part(config, as_root) + "\nhttp {\n" + module_part(config) + proxy_part(config, upstream) +
           server_part(config, upstream) + "}\n";
}

}  // namespace tally::edge
