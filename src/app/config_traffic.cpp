#include "app/config_traffic.hpp"

#include "app/config_keys.hpp"
#include "edge/behavior.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <arpa/inet.h>

namespace tally::app {
namespace {

using Apply = std::function<Status(Config&, const ConfigValue&)>;

Error bad(std::string message) {
    return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

template <class Value>
Apply plain(Value TrafficConfig::*member) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        config.edge.traffic.*member = std::get<Value>(value);
        return {};
    };
}

Apply whole(std::int64_t TrafficConfig::*member, std::int64_t min, std::int64_t max) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        const std::int64_t given = std::get<std::int64_t>(value);
        if (given < min || given > max)
            return bad(std::to_string(given) + " is out of range: " + std::to_string(min) + " to " +
                       std::to_string(max));
        config.edge.traffic.*member = given;
        return {};
    };
}

Apply duration(Microseconds TrafficConfig::*member) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        TRY_ASSIGN(const Microseconds given, parse_duration(std::get<std::string>(value)));
        if (given < std::chrono::milliseconds(1) || given > std::chrono::hours(1))
            return bad("\"" + std::get<std::string>(value) + "\" is out of range: 1ms to 1h");
        config.edge.traffic.*member = given;
        return {};
    };
}

Apply size(std::uint64_t TrafficConfig::*member, std::uint64_t min, std::uint64_t max) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        TRY_ASSIGN(const std::uint64_t given, parse_size(std::get<std::string>(value)));
        if (given < min || given > max)
            return bad("\"" + std::get<std::string>(value) + "\" is out of range: " + std::to_string(min) +
                       "B to " + std::to_string(max) + "B");
        config.edge.traffic.*member = given;
        return {};
    };
}

// An address, or a network such as 10.0.0.0/8.
bool is_network(const std::string& text) {
    const std::size_t slash = text.find('/');
    const std::string address = text.substr(0, slash);
    const bool v6 = address.find(':') != std::string::npos;
    std::array<unsigned char, 16> binary{};
    if (::inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), binary.data()) != 1)
        return false;
    if (slash == std::string::npos)
        return true;
    unsigned bits = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
    return error == std::errc() && stop == end && bits <= (v6 ? 128U : 32U);
}

Status set_trusted_proxies(Config& config, const ConfigValue& value) {
    const auto& networks = std::get<std::vector<std::string>>(value);
    for (const std::string& network : networks)
        if (!is_network(network))
            return bad("\"" + network + "\" is neither an IP address nor a network like \"10.0.0.0/8\"");
    config.edge.traffic.trusted_proxies = networks;
    return {};
}

Status set_redirect_listen(Config& config, const ConfigValue& value) {
    TRY_ASSIGN(const ListenAddress address, ListenAddress::parse(std::get<std::string>(value)));
    config.edge.traffic.redirect_listen = address.text();
    return {};
}

edge::CacheBehavior& last_behavior(Config& config) {
    return config.edge.traffic.behaviors.back();
}

template <class Value>
Apply behavior_plain(Value edge::CacheBehavior::*member) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        last_behavior(config).*member = std::get<Value>(value);
        return {};
    };
}

Result<std::chrono::seconds> whole_seconds(const ConfigValue& value) {
    TRY_ASSIGN(const Microseconds given, parse_duration(std::get<std::string>(value)));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(given);
    if (seconds != given)
        return bad("\"" + std::get<std::string>(value) + "\" is not a number of whole seconds");
    return seconds;
}

Apply behavior_ttl(std::chrono::seconds edge::CacheBehavior::*member) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        TRY_ASSIGN(last_behavior(config).*member, whole_seconds(value));
        return {};
    };
}

Status set_behavior_path(Config& config, const ConfigValue& value) {
    TRY(edge::check_pattern(std::get<std::string>(value)));
    last_behavior(config).path = std::get<std::string>(value);
    return {};
}

Status set_behavior_anonymous(Config& config, const ConfigValue& value) {
    last_behavior(config).anonymous = std::get<bool>(value);
    return {};
}

Status set_behavior_key_query(Config& config, const ConfigValue& value) {
    edge::CacheBehavior& behavior = last_behavior(config);
    if (const auto* names = std::get_if<std::vector<std::string>>(&value)) {
        behavior.cache_key_query = edge::KeyQuery::kNamed;
        behavior.cache_key_parameters = *names;
        return {};
    }
    const auto& word = std::get<std::string>(value);
    if (word != "all" && word != "none")
        return bad("\"" + word + "\" is neither \"all\" nor \"none\" nor a list of parameter names");
    behavior.cache_key_query = word == "all" ? edge::KeyQuery::kAll : edge::KeyQuery::kNone;
    return {};
}

Status finish_behavior(Config& config) {
    const edge::CacheBehavior& behavior = last_behavior(config);
    if (behavior.path.empty())
        return bad("[[edge.behavior]] needs a path, for example path = \"/static/*\"");
    if (behavior.min_ttl > behavior.max_ttl || behavior.default_ttl > behavior.max_ttl)
        return bad("min_ttl and default_ttl of \"" + behavior.path + "\" must not be above max_ttl");
    const auto& all = config.edge.traffic.behaviors;
    if (std::count_if(all.begin(), all.end(),
                      [&](const edge::CacheBehavior& other) { return other.path == behavior.path; }) > 1)
        return bad("there is a behavior for \"" + behavior.path + "\" already");
    return {};
}

edge::ErrorPage& last_error_page(Config& config) {
    return config.edge.traffic.error_pages.back();
}

Status set_page_status(Config& config, const ConfigValue& value) {
    const std::int64_t status = std::get<std::int64_t>(value);
    if (status < 400 || status > 599 || status == 499)
        return bad(std::to_string(status) + " is no status of an error: 400 to 599 without 499");
    last_error_page(config).status = static_cast<unsigned>(status);
    return {};
}

Status set_page_path(Config& config, const ConfigValue& value) {
    const auto& path = std::get<std::string>(value);
    if (!path.starts_with('/') || path.find_first_of(" \"'\\;{}$#\n\r\t") != std::string::npos)
        return bad("\"" + path + "\" is not a path like \"/error.html\"");
    last_error_page(config).path = path;
    return {};
}

Status set_page_ttl(Config& config, const ConfigValue& value) {
    TRY_ASSIGN(last_error_page(config).ttl, whole_seconds(value));
    return {};
}

Status finish_error_page(Config& config) {
    const edge::ErrorPage& page = last_error_page(config);
    if (page.status != 0 && !page.path.empty())
        return {};
    return bad(
        "[[edge.error_page]] needs a status and a path, for example status = 404, path = \"/error.html\"");
}

std::vector<ConfigKey> behavior_keys() {
    using Behavior = edge::CacheBehavior;
    const std::string section = "edge.behavior";
    return {
        {section, "path", ConfigType::kText, "\"/static/*\"", "",
         "which paths: * is any text, ? one character; \"*\" alone is what no other behavior takes",
         set_behavior_path},
        {section, "methods", ConfigType::kTexts, "[\"GET\", \"HEAD\"]", "",
         "methods that are let in; left out, all are", behavior_plain(&Behavior::methods)},
        {section, "anonymous", ConfigType::kBool, "true", "",
         "whether a key is not needed; left out, as [edge] anonymous says", set_behavior_anonymous},
        {section, "durable", ConfigType::kBool, "false", "",
         "true: the record is safe from power loss before the answer leaves",
         behavior_plain(&Behavior::durable)},
        {section, "compress", ConfigType::kBool, "false", "", "true: text and JSON are sent with gzip",
         behavior_plain(&Behavior::compress)},
        {section, "cache", ConfigType::kBool, "true", "",
         "true: answers to GET and HEAD are kept and served again", behavior_plain(&Behavior::cache)},
        {section, "min_ttl", ConfigType::kText, "\"0s\"", "duration",
         "kept at least so long, also against no-store", behavior_ttl(&Behavior::min_ttl)},
        {section, "default_ttl", ConfigType::kText, "\"24h\"", "duration",
         "kept so long when the answer does not say", behavior_ttl(&Behavior::default_ttl)},
        {section, "max_ttl", ConfigType::kText, "\"8760h\"", "duration", "kept at most so long",
         behavior_ttl(&Behavior::max_ttl)},
        {section, "key_headers", ConfigType::kTexts, "[\"Authorization\", \"x-api-key\"]", "",
         "request headers whose values tell answers apart", behavior_plain(&Behavior::cache_key_headers)},
        {section, "key_query", ConfigType::kTextOrTexts, "\"all\"", "",
         "\"all\" of the query tells answers apart, or \"none\", or a list of parameters",
         set_behavior_key_query},
        {section, "serve_stale", ConfigType::kBool, "true", "",
         "an old answer is served while the upstream fails or a new one is fetched",
         behavior_plain(&Behavior::serve_stale)},
    };
}

std::vector<ConfigKey> error_page_keys() {
    const std::string section = "edge.error_page";
    return {
        {section, "status", ConfigType::kWhole, "404", "", "status of the upstream's answer",
         set_page_status},
        {section, "path", ConfigType::kText, "\"/error.html\"", "",
         "the upstream is asked for this page, which is sent with the status", set_page_path},
        {section, "ttl", ConfigType::kText, "\"300s\"", "duration",
         "behaviors that cache remember the error so long", set_page_ttl},
    };
}

std::chrono::milliseconds rounded(Microseconds time) {
    return std::chrono::ceil<std::chrono::milliseconds>(time);
}

}  // namespace

std::vector<ConfigKey> traffic_keys() {
    using T = TrafficConfig;
    constexpr std::uint64_t kKiB = 1024;
    constexpr std::uint64_t kGiB = kKiB * kKiB * kKiB;
    return {
        {"edge", "upstreams", ConfigType::kTexts, "[]", "",
         "further upstreams of the same scheme, which take turns with the first", plain(&T::upstreams)},
        {"edge", "upstream_ca", ConfigType::kText, "\"/etc/ssl/certs/ca-certificates.crt\"", "",
         "PEM file of the authorities that an https upstream is held against", plain(&T::upstream_ca)},
        {"edge", "upstream_keepalive", ConfigType::kWhole, "64", "connections",
         "idle connections to upstreams that each worker keeps; 0 = a new one for each request",
         whole(&T::upstream_keepalive, 0, 10'000)},
        {"edge", "upstream_idle_timeout", ConfigType::kText, "\"4s\"", "duration",
         "how long they are kept; shorter than the upstream's own time", duration(&T::upstream_idle_timeout)},
        {"edge", "upstream_tries", ConfigType::kWhole, "2", "attempts",
         "how often an idempotent request is tried on upstreams that cannot be reached or do not answer",
         whole(&T::upstream_tries, 1, 10)},
        {"edge", "upstream_connect_timeout", ConfigType::kText, "\"5s\"", "duration",
         "an upstream that takes longer to connect is down", duration(&T::upstream_connect_timeout)},
        {"edge", "upstream_send_timeout", ConfigType::kText, "\"29s\"", "duration",
         "between two writes to the upstream", duration(&T::upstream_send_timeout)},
        {"edge", "upstream_read_timeout", ConfigType::kText, "\"29s\"", "duration",
         "between two reads from the upstream; then the caller gets 504",
         duration(&T::upstream_read_timeout)},
        {"edge", "http2", ConfigType::kBool, "true", "", "HTTP/2 besides HTTP/1.1, with TLS",
         plain(&T::http2)},
        {"edge", "redirect_to_https", ConfigType::kBool, "false", "",
         "true: plain HTTP on redirect_listen is sent to https; needs a certificate",
         plain(&T::redirect_to_https)},
        {"edge", "redirect_listen", ConfigType::kText, "\"127.0.0.1:8088\"", "",
         "where plain HTTP is taken for that", set_redirect_listen},
        {"edge", "trusted_proxies", ConfigType::kTexts, "[]", "",
         "addresses and networks of proxies whose X-Forwarded-For is believed; else nobody's is",
         set_trusted_proxies},
        {"edge", "gzip", ConfigType::kBool, "false", "",
         "true: text and JSON are sent with gzip to who takes it", plain(&T::gzip)},
        {"edge", "health_path", ConfigType::kText, "\"/.tallyman/health\"", "",
         "answered by the edge itself with 200, never recorded", plain(&T::health_path)},
        {"edge", "connections_max", ConfigType::kWhole, "4096", "connections",
         "of each worker, to clients and upstreams together", whole(&T::connections_max, 16, 1'000'000)},
        {"edge", "body_size_max", ConfigType::kText, "\"10MiB\"", "size",
         "a larger request body is answered 413", size(&T::body_size_max, 1, 1024 * kGiB)},
        {"edge", "header_size_max", ConfigType::kText, "\"8KiB\"", "size",
         "of the request line and of each header; four times as much in all",
         size(&T::header_size_max, kKiB, 32 * kKiB)},
        {"edge", "client_timeout", ConfigType::kText, "\"30s\"", "duration",
         "a client must send its headers in this time, and pause no longer in the body or in taking the "
         "answer",
         duration(&T::client_timeout)},
        {"edge", "client_idle_timeout", ConfigType::kText, "\"75s\"", "duration",
         "how long a client's connection is kept without a request", duration(&T::client_idle_timeout)},
        {"edge", "cache_size_max", ConfigType::kText, "\"1GiB\"", "size",
         "of all cached answers on disk; what was not asked for longest goes first",
         size(&T::cache_size_max, kKiB * kKiB, 1024 * kGiB)},
    };
}

const std::vector<ConfigList>& config_lists() {
    static const std::vector<ConfigList> lists = {
        {"edge", "behavior", "how requests of some paths are treated; the first that fits counts",
         behavior_keys(), [](Config& config) { config.edge.traffic.behaviors.emplace_back(); },
         finish_behavior},
        {"edge", "error_page", "what callers get in place of an error of the upstream", error_page_keys(),
         [](Config& config) { config.edge.traffic.error_pages.emplace_back(); }, finish_error_page}};
    return lists;
}

void TrafficConfig::put_into(edge::EdgeConfig& config) const {
    config.more_upstreams = upstreams;
    config.upstream_ca = upstream_ca;
    config.upstream_keepalive = static_cast<unsigned>(upstream_keepalive);
    config.upstream_tries = static_cast<unsigned>(upstream_tries);
    config.upstream_idle_timeout = rounded(upstream_idle_timeout);
    config.upstream_connect_timeout = rounded(upstream_connect_timeout);
    config.upstream_send_timeout = rounded(upstream_send_timeout);
    config.upstream_read_timeout = rounded(upstream_read_timeout);
    config.http2 = http2;
    config.redirect_listen = redirect_to_https ? redirect_listen : "";
    config.trusted_proxies = trusted_proxies;
    config.gzip = gzip;
    config.health_path = health_path;
    config.connections_max = static_cast<unsigned>(connections_max);
    config.body_size_max = std::to_string(body_size_max);
    config.header_size_max = header_size_max;
    config.client_timeout = rounded(client_timeout);
    config.client_idle_timeout = rounded(client_idle_timeout);
    config.cache_size_max = cache_size_max;
    config.behaviors = behaviors;
    config.error_pages = error_pages;
}

}  // namespace tally::app
