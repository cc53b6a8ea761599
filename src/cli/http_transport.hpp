#pragma once

#include "base/secret.hpp"
#include "cli/transport.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tally::cli {

// HTTP/1.1 to a server, one connection a request. Not thread-safe.
class HttpTransport final : public Transport {
  public:
    // "http://host:port"; kInvalidArgument for anything else.
    static Result<std::unique_ptr<HttpTransport>> make(std::string_view url, Secret token);

    [[nodiscard]] Result<ClientResponse> send(const ClientRequest& request) override;

  private:
    HttpTransport(std::string host, std::string port, Secret token)
        : host_(std::move(host)), port_(std::move(port)), token_(std::move(token)) {}

    std::string host_;
    std::string port_;
    Secret token_;
};

}  // namespace tally::cli
