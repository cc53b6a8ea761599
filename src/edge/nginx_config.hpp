#pragma once

#include "base/result.hpp"
#include "edge/edge_config.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tally::edge {

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
