#pragma once

#include "api/http.hpp"
#include "api/route.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tally::api {

struct ServerOptions {
    std::string address = "127.0.0.1";  // an IP address
    std::uint16_t port = 8090;          // 0 = one that is free
    std::size_t body_size_max = 16ULL * 1024 * 1024;
    std::uint32_t header_size_max = 64U * 1024;
    std::size_t connections_max = 1024;     // more are closed at once
    std::chrono::seconds read_timeout{30};  // for one whole request, and between requests
    std::chrono::seconds write_timeout{60};
    unsigned quick_threads = 2;
    unsigned heavy_threads = 2;
};

// The HTTP/1.1 server in front of a router. One thread reads and writes all connections; the answers are made
// by two pools, so that a query never keeps a quick request waiting and neither keeps the network waiting.
// Requests of one connection are answered in order. start, stop and the destructor are for one thread.
//
// Before the router sees anything: a request that is not HTTP gets 400, a header section over the limit 431,
// a body over the limit 413, a request that does not come in time is cut off.
class BeastServer {
  public:
    using Answer = std::function<Response(Request)>;
    using CostOf = std::function<Cost(std::string_view method, std::string_view path)>;

    // Binds and listens; kUnavailable names the address when it is taken. `answer` is called from many
    // threads.
    static Result<std::unique_ptr<BeastServer>> start(const ServerOptions& options, Answer answer,
                                                      CostOf cost_of);
    // As stop().
    ~BeastServer();

    [[nodiscard]] std::uint16_t port() const;

    // Takes no more connections, lets requests that are being answered end (10 s at most), closes the others.
    void stop();

  private:
    struct Impl;
    explicit BeastServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tally::api
