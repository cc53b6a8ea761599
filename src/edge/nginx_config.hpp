#pragma once

#include "base/file_system.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tally::edge {

// What to do with a request when the capture log cannot take its record.
enum class OnFull { kReject, kServe };

// Everything that the written nginx.conf depends on.
struct EdgeConfig {
    std::string listen = "127.0.0.1:8080";  // address:port, [v6]:port, port or *:port
    std::string upstream;                   // http://host:port or https://host:port, no path
    std::vector<std::string> key_headers = {"x-api-key"};
    bool anonymous = false;                    // let requests without a key in everywhere
    std::vector<std::string> anonymous_paths;  // path prefixes that need no key
    std::string certificate;                   // PEM files; both or none. With them the edge speaks TLS
    std::string certificate_key;
    unsigned workers = 0;  // 0 = one a processor
    unsigned connections_max = 4096;
    std::string body_size_max = "10m";  // as nginx writes sizes

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
};

// Answered "ok" by nginx itself and never recorded: for those who ask whether the edge is up.
inline constexpr std::string_view kHealthPath = "/.tallyman/health";

// The address to connect to for `listen`: a wildcard becomes loopback.
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
    bool is_v6 = false;
};

Result<ListenAddress> parse_listen(std::string_view listen);

Path nginx_config_path(const EdgeConfig& config);
Path nginx_pid_path(const EdgeConfig& config);
Path nginx_error_log_path(const EdgeConfig& config);

// The complete nginx.conf of an unprivileged nginx in `config.folder`. kInvalidArgument names the setting
// that cannot stand in it. `as_root`: nginx is started by root; then its workers stay root (they share the
// data folder's files with the server), otherwise everything runs as the user who starts it.
Result<std::string> nginx_config_text(const EdgeConfig& config, bool as_root);

}  // namespace tally::edge
