#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "edge/nginx_config.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace tally::edge {

// The version that the module is built for; a module of another version is refused by nginx.
inline constexpr std::string_view kNginxVersion = "1.22.1";

// The nginx binary: $TALLYMAN_NGINX, else the first on PATH and in /usr/sbin. kNotFound says what to install.
Result<Path> find_nginx();

// kUnsupported when `nginx -v` names another version; says what to install.
Status check_nginx_version(const Path& nginx);

// One nginx for one data folder. It is not a part of the server: it goes on serving when the server dies, and
// a server that starts again adopts it. Not thread-safe.
//
//   stopped ─ start ─► running ─ stop ─► stopped
//                      running ─ apply ─► running (new configuration, no connection lost)
class NginxProcess {
  public:
    // `nginx` is the binary; `clock` must outlive this.
    NginxProcess(Path nginx, EdgeConfig config, const Clock& clock);

    // Process id of the nginx master that serves this folder: the process in the pid file, when it is alive
    // and runs with our configuration file; nullopt = it does not run.
    [[nodiscard]] std::optional<int> running() const;

    // Writes the configuration, lets nginx check it, starts nginx and waits until it answers. When it runs
    // already, adopts it and applies the configuration; workers whose master was killed are ended first.
    // Fails with nginx's own words and changes nothing when the configuration is wrong; kConflict when the
    // port is taken.
    Status start(Microseconds timeout = std::chrono::seconds(10));

    // Writes and checks the configuration and makes the running nginx take it over. kUnavailable: not
    // running.
    Status apply(const EdgeConfig& config);

    // Lets requests in flight end, at most `timeout` long, then ends them. Returns when nginx is gone; ok
    // when it did not run.
    Status stop(Microseconds timeout = std::chrono::seconds(10));

    // True when the edge answers on its health path.
    [[nodiscard]] bool answers() const;

    [[nodiscard]] const EdgeConfig& config() const { return config_; }

  private:
    Status write_config(const EdgeConfig& config) const;
    [[nodiscard]] bool ended(int pid, int signal, Microseconds timeout) const;
    [[nodiscard]] Status wait_until_answering(Microseconds timeout);
    [[nodiscard]] std::string last_words() const;
    void end_orphans() const;

    Path nginx_;
    EdgeConfig config_;
    const Clock& clock_;
};

}  // namespace tally::edge
