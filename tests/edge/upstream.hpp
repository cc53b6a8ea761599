#pragma once

#include "base/file_descriptor.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tally::test {

// A small HTTP/1.1 server on loopback, one thread a connection:
//
//   /status/N   answers N             /chunked   "hello world" in chunks
//   /drop       closes without answer /hold      answers half, waits for release(), answers the rest
//   /wait       waits for release() before any answer
//   /upgrade    101, then echoes      else       200, the request's body or "hello"
//
// The words may stand anywhere in the path. The last has, for each header "Echo-NAME: value" of the request,
// "NAME: value" in the answer. A path with "/etag" has an ETag and answers 304 to who has it; a request with
// "X-Fail: 1" is dropped, one with "X-Wait: 1" waits for release().
class Upstream {
  public:
    Upstream();
    ~Upstream();
    Upstream(const Upstream&) = delete;
    Upstream& operator=(const Upstream&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

    // The heads of all requests so far.
    std::vector<std::string> requests();

    // Waits until `count` requests have come.
    void wait_for_requests(std::size_t count);

    // Lets /hold and /wait go on, now and from now on.
    void release();

  private:
    void serve(int socket);
    bool answer(int socket, const std::string& head, const std::string& body);
    void wait_for_release();

    FileDescriptor listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool released_ = false;
    std::vector<std::string> requests_;
    std::vector<int> sockets_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace tally::test
