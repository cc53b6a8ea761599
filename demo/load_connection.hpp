#pragma once

#include "base/file_descriptor.hpp"
#include "demo/load_mix.hpp"
#include "demo/response_reader.hpp"

#include <optional>
#include <string>

#include <netinet/in.h>

namespace tally::demo {

// One keep-alive connection with at most one request on the way. Not thread-safe; the owner polls its
// descriptor.
class LoadConnection {
  public:
    enum class Outcome { kWaiting, kAnswered, kLost };

    explicit LoadConnection(sockaddr_in server) : server_(server) {}

    // Connects when needed and sends. kLost: the connection broke; whether the server took the request is
    // unknown.
    Outcome send(PlannedRequest request);
    // Call when the descriptor is readable.
    Outcome receive();

    [[nodiscard]] const PlannedRequest& request() const { return *request_; }

    [[nodiscard]] int status() const { return reader_.status(); }

    [[nodiscard]] std::size_t wire_size() const { return reader_.wire_size(); }

    // -1 when not connected.
    [[nodiscard]] int descriptor() const { return socket_.get(); }

    // Ends the answered exchange; closes the connection if the server said so.
    void finish();
    void disconnect();

  private:
    bool connect();

    sockaddr_in server_;
    FileDescriptor socket_;
    ResponseReader reader_;
    std::optional<PlannedRequest> request_;
};

}  // namespace tally::demo
