#include "app/config_keys.hpp"

#include <algorithm>

namespace tally::app {
namespace {

using Apply = std::function<Status(Config&, const ConfigValue&)>;

Error bad(std::string message) {
    return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

const std::string& text_of(const ConfigValue& value) {
    return std::get<std::string>(value);
}

Apply duration(std::function<Microseconds&(Config&)> member, Microseconds min, Microseconds max) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        TRY_ASSIGN(const Microseconds given, parse_duration(text_of(value)));
        if (given < min || given > max)
            return bad("\"" + text_of(value) + "\" is out of range: " + std::to_string(min.count() / 1000) +
                       "ms to " + std::to_string(max.count() / 1'000'000) + "s");
        member(config) = given;
        return {};
    };
}

Apply size(std::function<std::uint64_t&(Config&)> member, std::uint64_t min_mib, std::uint64_t max_mib) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        TRY_ASSIGN(const std::uint64_t given, parse_size(text_of(value)));
        if (given < min_mib << 20U || given > max_mib << 20U)
            return bad("\"" + text_of(value) + "\" is out of range: " + std::to_string(min_mib) + "MiB to " +
                       std::to_string(max_mib) + "MiB");
        member(config) = given;
        return {};
    };
}

Apply address(std::function<ListenAddress&(Config&)> member, bool loopback_only) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        TRY_ASSIGN(const ListenAddress given, ListenAddress::parse(text_of(value)));
        if (loopback_only && !given.is_loopback())
            return bad(
                "\"" + text_of(value) +
                "\" is not a loopback address: this listens on 127.0.0.1 or [::1] "
                "only; to reach it from elsewhere put an authenticating proxy or an SSH tunnel before it");
        member(config) = given;
        return {};
    };
}

// A word that goes into nginx's configuration or into records.
Apply word(std::function<std::string&(Config&)> member) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        const std::string& given = text_of(value);
        const auto allowed = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                   c == '_' || c == '.';
        };
        if (given.empty() || given.size() > 128 || !std::all_of(given.begin(), given.end(), allowed))
            return bad("\"" + given + "\" must be 1 to 128 letters, digits, '-', '_' or '.'");
        member(config) = given;
        return {};
    };
}

Apply scheme(std::function<std::string&(Config&)> member, std::string prefix, std::string later) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        const std::string& given = text_of(value);
        if (!given.starts_with(prefix) || given.size() == prefix.size())
            return bad("\"" + given + "\" does not begin with \"" + prefix + "\" and a path; " + later);
        member(config) = given;
        return {};
    };
}

Status set_upstream(Config& config, const ConfigValue& value) {
    const std::string& given = text_of(value);
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(":/.-_[]").find(c) != std::string_view::npos;
    };
    const bool http = (given.starts_with("http://") && given.size() > 7) ||
                      (given.starts_with("https://") && given.size() > 8);
    if (!http || !std::all_of(given.begin(), given.end(), allowed))
        return bad("\"" + given + "\" is not like \"http://127.0.0.1:9000\"");
    config.edge.upstream = given;
    return {};
}

Status set_key_headers(Config& config, const ConfigValue& value) {
    const auto& names = std::get<std::vector<std::string>>(value);
    const auto is_token = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    };
    if (names.empty() || names.size() > 8)
        return bad("name one to eight headers");
    for (const std::string& name : names)
        if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), is_token))
            return bad("\"" + name + "\" is not the name of a header");
    config.edge.key_headers = names;
    return {};
}

Status set_anonymous_paths(Config& config, const ConfigValue& value) {
    const auto& paths = std::get<std::vector<std::string>>(value);
    for (const std::string& path : paths)
        if (!path.starts_with('/'))
            return bad("\"" + path + "\" does not begin with a slash");
    config.edge.anonymous_paths = paths;
    return {};
}

Apply any_text(std::function<std::string&(Config&)> member) {
    return [=](Config& config, const ConfigValue& value) -> Status {
        member(config) = text_of(value);
        return {};
    };
}

Status set_workers(Config& config, const ConfigValue& value) {
    const std::int64_t given = std::get<std::int64_t>(value);
    if (given < 0 || given > 256)
        return bad(std::to_string(given) + " is out of range: 0 to 256");
    config.edge.workers = given;
    return {};
}

Status set_credit_lease(Config& config, const ConfigValue& value) {
    const std::int64_t given = std::get<std::int64_t>(value);
    if (given < 1 || given > 1'000'000'000)
        return bad(std::to_string(given) + " is out of range: 1 to 1000000000");
    config.edge.credit_lease = given;
    return {};
}

Status set_on_full(Config& config, const ConfigValue& value) {
    const std::string& given = text_of(value);
    if (given != "reject" && given != "serve")
        return bad("\"" + given + "\" is neither \"reject\" nor \"serve\"");
    config.capture.on_full = given == "serve" ? OnFull::kServe : OnFull::kReject;
    return {};
}

Status set_anonymous(Config& config, const ConfigValue& value) {
    config.edge.anonymous = std::get<bool>(value);
    return {};
}

std::vector<ConfigKey> edge_keys() {
    return {
        {"edge", "listen", ConfigType::kText, "\"127.0.0.1:8080\"", "",
         "where clients of the billed API connect: IP address and port",
         address([](Config& c) -> ListenAddress& { return c.edge.listen; }, false)},
        {"edge", "upstream", ConfigType::kText, "\"http://127.0.0.1:9000\"", "",
         "the API that is billed; admitted requests go there", set_upstream},
        {"edge", "key_headers", ConfigType::kTexts, "[\"x-api-key\"]", "",
         "request headers that may hold the API key; \"Authorization: Bearer tm_...\" is understood too",
         set_key_headers},
        {"edge", "anonymous", ConfigType::kBool, "false", "",
         "true: a request without a key is let in, and recorded without a customer", set_anonymous},
        {"edge", "anonymous_paths", ConfigType::kTexts, "[]", "",
         "paths that need no key, by their beginning", set_anonymous_paths},
        {"edge", "certificate", ConfigType::kText, "\"\"", "", "PEM file; with key, the edge speaks TLS",
         any_text([](Config& c) -> std::string& { return c.edge.certificate; })},
        {"edge", "key", ConfigType::kText, "\"\"", "", "PEM file of the certificate's private key",
         any_text([](Config& c) -> std::string& { return c.edge.key; })},
        {"edge", "workers", ConfigType::kWhole, "0", "processes", "nginx workers; 0 = one for each core",
         set_workers},
        {"edge", "stage", ConfigType::kText, "\"prod\"", "", "stands in each record as stage",
         word([](Config& c) -> std::string& { return c.edge.stage; })},
        {"edge", "edge_location", ConfigType::kText, "\"LOCAL1-P1\"", "",
         "stands in each record as x_edge_location",
         word([](Config& c) -> std::string& { return c.edge.edge_location; })},
        {"edge", "distribution", ConfigType::kText, "\"localhost\"", "",
         "stands in each record as x_host_header",
         word([](Config& c) -> std::string& { return c.edge.distribution; })},
        {"edge", "credit_interval", ConfigType::kText, "\"250ms\"", "duration",
         "how often the use of prepaid credit is looked at",
         duration([](Config& c) -> Microseconds& { return c.edge.credit_interval; },
                  std::chrono::milliseconds(10), std::chrono::seconds(60))},
        {"edge", "credit_lease", ConfigType::kWhole, "10000", "requests",
         "a prepaid customer is let in at most so many requests ahead of what is priced, so also without the "
         "server",
         set_credit_lease},
    };
}

std::vector<ConfigKey> capture_keys() {
    return {
        {"capture", "sync_interval", ConfigType::kText, "\"100ms\"", "duration",
         "records survive the death of any process at once, and power loss after this time",
         duration([](Config& c) -> Microseconds& { return c.capture.sync_interval; },
                  std::chrono::milliseconds(1), std::chrono::seconds(60))},
        {"capture", "on_full", ConfigType::kText, "\"reject\"", "",
         "when the disk or the log is full: \"reject\" answers 503; \"serve\" serves, and counts the request "
         "as lost",
         set_on_full},
        {"capture", "segment_size", ConfigType::kText, "\"8MiB\"", "size",
         "of one file of the log, preallocated",
         size([](Config& c) -> std::uint64_t& { return c.capture.segment_size; }, 1, 1024)},
        {"capture", "size_max", ConfigType::kText, "\"4GiB\"", "size",
         "of the whole log on disk; it is full then",
         size([](Config& c) -> std::uint64_t& { return c.capture.size_max; }, 16, 16ULL << 20U)},
    };
}

std::vector<ConfigKey> stage_keys() {
    return {
        {"delivery", "flush_interval", ConfigType::kText, "\"15s\"", "duration",
         "captured records are committed to the lake at least this often; queries see them at once anyway",
         duration([](Config& c) -> Microseconds& { return c.delivery.flush_interval; },
                  std::chrono::milliseconds(50), std::chrono::hours(1))},
        {"delivery", "flush_size", ConfigType::kText, "\"128MiB\"", "size",
         "or as soon as this much is captured",
         size([](Config& c) -> std::uint64_t& { return c.delivery.flush_size; }, 1, 64ULL << 10U)},
        {"lake", "warehouse", ConfigType::kText, "\"file:lake\"", "",
         "folder of the Iceberg tables; a relative path is below the data folder",
         scheme([](Config& c) -> std::string& { return c.lake.warehouse; },
                "file:", "this version keeps tables on local disk")},
        {"state", "database", ConfigType::kText, "\"sqlite:state.db\"", "",
         "customers, keys, plans, invoices; a relative path is below the data folder",
         scheme([](Config& c) -> std::string& { return c.state.database; },
                "sqlite:", "this version keeps its state in SQLite")},
        {"api", "listen", ConfigType::kText, "\"127.0.0.1:8090\"", "",
         "where the HTTP API answers; loopback only, and with the token of the file admin.token",
         address([](Config& c) -> ListenAddress& { return c.api.listen; }, true)},
        {"aws", "listen", ConfigType::kText, "\"127.0.0.1:8091\"", "",
         "reserved for the AWS-compatible calls; nothing listens there in this version",
         address([](Config& c) -> ListenAddress& { return c.aws.listen; }, true)},
    };
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
    static const std::vector<ConfigKey> keys = [] {
        std::vector<ConfigKey> all = edge_keys();
        for (auto& more :
             {traffic_keys(), token_keys(), access_log_keys(), metering_keys(), capture_keys(), stage_keys()})
            all.insert(all.end(), more.begin(), more.end());
        return all;
    }();
    return keys;
}

const std::vector<std::string>& config_sections() {
    static const std::vector<std::string> sections{"edge", "capture", "delivery", "lake",    "state",
                                                   "api",  "aws",     "billing",  "privacy", "alerts"};
    return sections;
}

}  // namespace tally::app
