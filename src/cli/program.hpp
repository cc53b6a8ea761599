#pragma once

#include "cli/session.hpp"

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

namespace tally::cli {

// What is no request to the API: the life of a deployment on this machine. app implements it. Each hands its
// result, one JSON document, to `announce`, as soon as it is there; `up` and `serve` in the foreground return
// only when they were told to stop.
class Lifecycle {
  public:
    using Announce = std::function<void(const std::string& json)>;

    virtual ~Lifecycle() = default;
    virtual Status init(const std::string& dir, const Announce& announce) = 0;
    virtual Status up(const std::string& dir, bool detach, const Announce& announce) = 0;
    virtual Status down(const std::string& dir, const Announce& announce) = 0;
    virtual Status serve(const std::string& dir, const Announce& announce) = 0;
    virtual Status status(const std::string& dir, const Announce& announce) = 0;
    // Says what it would remove, and removes it unless `dry_run`.
    virtual Status teardown(const std::string& dir, bool dry_run, const Announce& announce) = 0;
};

struct Surroundings {
    // The way to the API for these options.
    Session::Connect connect;
    // The way to the pure routes (rate, periods, wallet), which need no data folder.
    Session::Connect connect_pure;
    Lifecycle* lifecycle = nullptr;
    std::istream* in = nullptr;
    std::ostream* out = nullptr;
    std::ostream* err = nullptr;
    std::string version;
};

// Runs one command line; the exit code (session.hpp).
int run_program(int argc, const char* const* argv, const Surroundings& surroundings);

}  // namespace tally::cli
