#pragma once

#include "api/router.hpp"
#include "base/secret.hpp"
#include "cli/transport.hpp"

#include <string_view>

namespace tally::app {

// The API's routes in this process, without sockets. `router` must outlive it.
class InProcessTransport final : public cli::Transport {
  public:
    InProcessTransport(api::Router& router, Secret token) : router_(router), token_(std::move(token)) {}

    [[nodiscard]] Result<cli::ClientResponse> send(const cli::ClientRequest& request) override;

  private:
    api::Router& router_;
    Secret token_;
};

}  // namespace tally::app
