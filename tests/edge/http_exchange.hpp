#pragma once

#include "base/file_descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tally::test {

// What came back for one request, byte by byte.
struct HttpResponse {
    int status = 0;
    std::string head;        // status line and headers, without the empty line
    std::string body;        // chunked encoding undone
    std::int64_t bytes = 0;  // on the wire, head and framing included

    // The header's value, or "" when it is not there; names in any case.
    [[nodiscard]] std::string header(std::string_view name) const;
};

// One client connection. Sends exactly the bytes that it is given.
class HttpConnection {
  public:
    explicit HttpConnection(std::uint16_t port);

    void send(std::string_view bytes) const;

    // Reads one response. `to_head`: the request was a HEAD.
    HttpResponse receive(bool to_head = false);

    // Reads what is there until the peer closes.
    std::string receive_all();

    // Reads once, into the buffer; false when nothing came any more.
    bool receive_more();

    // Not one byte is there to be read now.
    [[nodiscard]] bool nothing_came() const;

    [[nodiscard]] std::size_t buffered() const { return buffer_.size(); }

    // Ends the connection with a reset, as a client does that is killed.
    void abort();

  private:
    std::string take(std::size_t size);
    std::string take_until(std::string_view mark);
    std::string take_chunks();

    FileDescriptor socket_;
    std::string buffer_;
    std::int64_t taken_ = 0;
};

// A connection for one request: opened, sent, received, closed.
HttpResponse send_one(std::uint16_t port, std::string_view request);

// A port of loopback that nobody listens on now.
std::uint16_t free_port();

}  // namespace tally::test
