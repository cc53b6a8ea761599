#pragma once

#include "base/clock.hpp"
#include "edge/edge_config.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tally::app {

// The part of [edge] that says how nginx treats clients, upstreams and answers. Defaults as in the generated
// file.
struct TrafficConfig {
    std::vector<std::string> upstreams;
    std::string upstream_ca = "/etc/ssl/certs/ca-certificates.crt";
    std::int64_t upstream_keepalive = 64;
    std::int64_t upstream_tries = 2;
    Microseconds upstream_idle_timeout = std::chrono::seconds(4);
    Microseconds upstream_connect_timeout = std::chrono::seconds(5);
    Microseconds upstream_send_timeout = std::chrono::seconds(29);
    Microseconds upstream_read_timeout = std::chrono::seconds(29);
    bool http2 = true;
    bool redirect_to_https = false;
    std::string redirect_listen = "127.0.0.1:8088";
    std::vector<std::string> trusted_proxies;
    bool gzip = false;
    std::string health_path = edge::kHealthPath;
    std::int64_t connections_max = 4096;
    std::uint64_t body_size_max = 10ULL * 1024 * 1024;
    std::uint64_t header_size_max = 8ULL * 1024;
    Microseconds client_timeout = std::chrono::seconds(30);
    Microseconds client_idle_timeout = std::chrono::seconds(75);
    std::uint64_t cache_size_max = 1024ULL * 1024 * 1024;
    std::vector<edge::CacheBehavior> behaviors;
    std::vector<edge::ErrorPage> error_pages;

    bool operator==(const TrafficConfig&) const = default;

    void put_into(edge::EdgeConfig& config) const;
};

}  // namespace tally::app
