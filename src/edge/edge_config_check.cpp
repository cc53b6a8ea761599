#include "edge/edge_config_check.hpp"

#include "edge/behavior.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace tally::edge {
namespace {

// Nginx reads variables, quotes and ends of statements in values; none of our settings needs one.
constexpr std::string_view kForbiddenCharacters = "\"'\\;{}$#\n\r\t";
constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};

Error invalid(std::string message) {
    return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

Status check_plain(std::string_view setting, std::string_view value) {
    if (value.find_first_of(kForbiddenCharacters) == std::string_view::npos)
        return {};
    return invalid(
        fmt::format("[edge] {} = \"{}\" cannot be written into nginx's configuration: it must not "
                    "hold quotes, line breaks or any of \\ ; {{ }} $ #.",
                    setting, value));
}

Status check_token(std::string_view setting, std::string_view value) {
    TRY(check_plain(setting, value));
    if (!value.empty() && value.find(' ') == std::string_view::npos)
        return {};
    return invalid(
        fmt::format("[edge] {} = \"{}\" must not be empty and must not hold blanks.", setting, value));
}

Status check_tokens(std::string_view setting, const std::vector<std::string>& values) {
    for (const std::string& value : values)
        TRY(check_token(setting, value));
    return {};
}

Status check_token_settings(const TokenSettings& settings) {
    if (!settings.issuer.empty() && settings.audiences.empty())
        return invalid(
            "[edge] jwt_issuer needs jwt_audience: name whom its tokens are for; [\"*\"] takes tokens "
            "for anybody.");
    TRY(check_plain("jwt_issuer", settings.issuer));
    TRY(check_plain("jwt_principal_claim", settings.principal_claim));
    for (const std::string& audience : settings.audiences)
        TRY(check_plain("jwt_audience", audience));
    for (const std::string& use : settings.token_uses)
        TRY(check_plain("jwt_token_use", use));
    return check_plain("the issuer's keys", settings.jwks.string());
}

Status check_upstreams(const EdgeConfig& config) {
    TRY_ASSIGN(const UpstreamAddress first, parse_upstream(config.upstream));
    for (const std::string& text : config.more_upstreams) {
        TRY_ASSIGN(const UpstreamAddress other, parse_upstream(text));
        if (other.scheme != first.scheme)
            return invalid(fmt::format("[edge] upstreams: \"{}\" and \"{}\" must both be http or both https.",
                                       config.upstream, text));
    }
    return check_plain("upstream_ca", config.upstream_ca);
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
            return invalid(
                fmt::format("The edge's {} \"{}\" must be an absolute path.", name, path->string()));
    }
    if (config.plan_table.empty() != config.limits.empty())
        return invalid("The edge needs both a plan table and limits, or neither.");
    return {};
}

Status check_anonymous_paths(const EdgeConfig& config) {
    std::set<std::string> seen;
    for (const std::string& path : config.anonymous_paths) {
        TRY(check_token("anonymous_paths", path));
        if (!path.starts_with('/') || path == "/")
            return invalid(
                fmt::format("[edge] anonymous_paths: \"{}\" must start with / and name more than "
                            "that; for all paths set anonymous = true.",
                            path));
        if (!seen.insert(path).second)
            return invalid(fmt::format("[edge] anonymous_paths: \"{}\" stands there twice.", path));
    }
    return {};
}

Status check_behavior(const CacheBehavior& behavior) {
    TRY(check_pattern(behavior.path));
    for (const std::string& method : behavior.methods)
        if (std::find(std::begin(kMethods), std::end(kMethods), method) == std::end(kMethods))
            return invalid(fmt::format("[[edge.behavior]] \"{}\": \"{}\" is not one of the methods {}.",
                                       behavior.path, method, "GET HEAD POST PUT DELETE OPTIONS PATCH"));
    TRY(check_tokens("behavior.key_headers", behavior.cache_key_headers));
    TRY(check_tokens("behavior.key_query", behavior.cache_key_parameters));
    if (behavior.cache_key_query == KeyQuery::kNamed && behavior.cache_key_parameters.empty())
        return invalid(fmt::format("[[edge.behavior]] \"{}\": key_query names no parameter; say \"none\".",
                                   behavior.path));
    if (behavior.min_ttl > behavior.max_ttl || behavior.default_ttl > behavior.max_ttl)
        return invalid(fmt::format(
            "[[edge.behavior]] \"{}\": min_ttl and default_ttl must not be above max_ttl.", behavior.path));
    return {};
}

Status check_behaviors(const EdgeConfig& config) {
    std::set<std::string> seen;
    for (const CacheBehavior& behavior : config.behaviors) {
        TRY(check_behavior(behavior));
        if (!seen.insert(behavior.path).second)
            return invalid(fmt::format("[[edge.behavior]] \"{}\" stands there twice.", behavior.path));
    }
    for (const ErrorPage& page : config.error_pages) {
        TRY(check_token("error_page.path", page.path));
        if (!page.path.starts_with('/') || page.status < 400 || page.status > 599 || page.status == 499)
            return invalid(
                fmt::format("[[edge.error_page]] {} \"{}\": the status must be 400 to 599 and the "
                            "path must start with /.",
                            page.status, page.path));
    }
    return {};
}

Status check_tls(const EdgeConfig& config) {
    TRY(check_plain("certificate", config.certificate));
    TRY(check_plain("certificate_key", config.certificate_key));
    if (config.certificate.empty() != config.certificate_key.empty())
        return invalid("[edge] certificate and certificate_key belong together: set both or none.");
    if (!config.redirect_listen.empty() && !config.tls())
        return invalid(
            "[edge] redirect_to_https needs a certificate: without one there is no https to go to.");
    return {};
}

}  // namespace

Result<UpstreamAddress> parse_upstream(std::string_view text) {
    TRY(check_token("upstream", text));
    for (const std::string_view scheme : {"http", "https"}) {
        const std::string start = fmt::format("{}://", scheme);
        std::string_view authority = text;
        if (!authority.starts_with(start))
            continue;
        authority.remove_prefix(start.size());
        if (authority.ends_with('/'))
            authority.remove_suffix(1);
        if (authority.empty() || authority.find_first_of("/?@") != std::string_view::npos)
            continue;
        std::string_view host = authority.substr(0, authority.find(':'));
        if (authority.starts_with('['))
            host = authority.substr(1, std::max<std::size_t>(authority.find(']'), 1) - 1);
        return UpstreamAddress{scheme, authority, host};
    }
    return invalid(
        fmt::format("[edge] upstream = \"{}\" must be http://host:port or https://host:port, without a "
                    "path: the edge forwards the caller's path.",
                    text));
}

Status check_edge_config(const EdgeConfig& config) {
    TRY(check_paths(config));
    TRY(check_upstreams(config));
    TRY(check_token("body_size_max", config.body_size_max));
    TRY(check_token("health_path", config.health_path));
    TRY(check_token_settings(config.token));
    TRY(check_tokens("dimensions", config.dimensions));
    TRY(check_plain("stage", config.stage));
    TRY(check_plain("edge_location", config.edge_location));
    TRY(check_plain("distribution", config.distribution));
    TRY(check_tokens("key_headers", config.key_headers));
    TRY(check_tokens("trusted_proxies", config.trusted_proxies));
    if (config.key_headers.empty())
        return invalid("[edge] key_headers needs at least one header name.");
    if (!config.health_path.starts_with('/'))
        return invalid(fmt::format("[edge] health_path = \"{}\" must start with /.", config.health_path));
    TRY(check_anonymous_paths(config));
    TRY(check_behaviors(config));
    return check_tls(config);
}

}  // namespace tally::edge
