#pragma once

#include "app/site.hpp"
#include "cli/program.hpp"

#include <string>

namespace tally::app {

// The commands that are no requests to the API, for the data folders of this machine.
class Lifecycle final : public cli::Lifecycle {
  public:
    // `machine` and what it names must outlive it.
    explicit Lifecycle(const Machine& machine) : machine_(machine) {}

    Status init(const std::string& dir, const Announce& announce) override;
    // Where the server runs already: starts nginx, or lets it take up its configuration.
    Status up(const std::string& dir, bool detach, const Announce& announce) override;
    // Ends the server, which ends nginx; or nginx alone, where the server was killed.
    Status down(const std::string& dir, const Announce& announce) override;
    Status serve(const std::string& dir, const Announce& announce) override;
    Status status(const std::string& dir, const Announce& announce) override;
    Status teardown(const std::string& dir, bool dry_run, const Announce& announce) override;

  private:
    const Machine& machine_;
};

}  // namespace tally::app
