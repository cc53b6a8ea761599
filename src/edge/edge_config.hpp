#pragma once

#include "base/file_system.hpp"
#include "edge/token_settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tally::edge {

// What to do with a request when the capture log cannot take its record.
enum class OnFull { kReject, kServe };

// Which part of the query tells one cached answer from another.
enum class KeyQuery { kAll, kNone, kNamed };

// How requests whose path fits `path` are treated: CloudFront's cache behaviour.
struct CacheBehavior {
    std::string path;                  // `*` any text, `?` one character; "*" alone: what no other one takes
    std::vector<std::string> methods;  // that are let in; empty = all
    std::optional<bool> anonymous;     // nullopt = as the edge
    bool durable = false;              // the record is safe from power loss before the answer
    bool compress = false;

    bool cache = false;  // the rest is about cached answers
    std::chrono::seconds min_ttl{0};
    std::chrono::seconds default_ttl = std::chrono::hours(24);
    std::chrono::seconds max_ttl = std::chrono::hours(24 * 365);
    std::vector<std::string> cache_key_headers;
    KeyQuery cache_key_query = KeyQuery::kAll;
    std::vector<std::string> cache_key_parameters;  // with kNamed
    bool serve_stale = true;                        // an old answer rather than none when the upstream fails

    bool operator==(const CacheBehavior&) const = default;
};

// The page that callers get in place of an error of the upstream.
struct ErrorPage {
    unsigned status = 0;
    std::string path;                                     // asked of the upstream
    std::chrono::seconds ttl = std::chrono::seconds(10);  // how long a cached behaviour remembers the error
    bool operator==(const ErrorPage&) const = default;
};

// Answered "ok" by nginx itself and never recorded: for those who ask whether the edge is up.
inline constexpr const char* kHealthPath = "/.tallyman/health";

// Everything that the written nginx.conf depends on. Durations are whole milliseconds.
struct EdgeConfig {
    std::string listen = "127.0.0.1:8080";    // address:port, [v6]:port, port or *:port
    std::string upstream;                     // http://host:port or https://host:port, no path
    std::vector<std::string> more_upstreams;  // take turns with it; of the same scheme
    std::string upstream_ca = "/etc/ssl/certs/ca-certificates.crt";  // whom an https upstream is held against
    unsigned upstream_keepalive = 64;  // idle connections that a worker keeps; 0 = a new one a request
    unsigned upstream_tries = 2;       // attempts for one idempotent request; 0 = no limit
    std::chrono::milliseconds upstream_idle_timeout = std::chrono::seconds(4);
    std::chrono::milliseconds upstream_connect_timeout = std::chrono::seconds(5);
    std::chrono::milliseconds upstream_send_timeout = std::chrono::seconds(29);
    std::chrono::milliseconds upstream_read_timeout = std::chrono::seconds(29);

    std::vector<std::string> key_headers = {"x-api-key"};
    TokenSettings token;
    std::vector<std::string> dimensions;       // response headers that are recorded
    bool dimensions_hide = false;              // and not sent to the client
    bool anonymous = false;                    // let requests without a key in everywhere
    std::vector<std::string> anonymous_paths;  // path prefixes that need no key
    std::vector<CacheBehavior> behaviors;      // the first that fits counts
    std::vector<ErrorPage> error_pages;
    std::uint64_t cache_size_max = 1024ULL * 1024 * 1024;  // bytes of all cached answers on disk

    std::string certificate;  // PEM files; both or none. With them the edge speaks TLS
    std::string certificate_key;
    bool http2 = true;                         // with TLS
    std::string redirect_listen;               // plain HTTP here is sent to https; empty = nowhere
    std::vector<std::string> trusted_proxies;  // addresses or CIDR whose X-Forwarded-For is believed
    bool gzip = false;
    std::string health_path = kHealthPath;

    unsigned workers = 0;  // 0 = one a processor
    unsigned connections_max = 4096;
    std::string body_size_max = "10m";     // as nginx writes sizes
    std::uint64_t header_size_max = 8192;  // bytes of one header line or of the request line
    std::chrono::milliseconds client_timeout = std::chrono::seconds(30);  // between two reads, or two writes
    std::chrono::milliseconds client_idle_timeout = std::chrono::seconds(75);

    Path folder;          // nginx's own: configuration, pid, error log, temporary files
    Path module;          // ngx_http_tallyman_module.so
    Path capture_folder;  // must exist
    Path key_table;
    Path counters;
    Path plan_table;  // empty, like limits: no limits
    Path limits;
    std::uint64_t segment_size = 8ULL * 1024 * 1024;
    std::uint64_t capture_size_max = 4ULL * 1024 * 1024 * 1024;
    OnFull on_full = OnFull::kReject;
    std::string stage;
    std::string edge_location;
    std::string distribution;

    [[nodiscard]] bool tls() const { return !certificate.empty(); }
};

}  // namespace tally::edge
