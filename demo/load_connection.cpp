#include "demo/load_connection.hpp"

#include <array>
#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tally::demo {

bool LoadConnection::connect() {
    socket_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket_.valid())
        return false;
    const int on = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&server_), sizeof server_) == 0)
        return true;
    socket_.close();
    return false;
}

LoadConnection::Outcome LoadConnection::send(PlannedRequest request) {
    request_ = std::move(request);
    reader_.expect_no_body(request_->method == "HEAD");
    if (!socket_.valid() && !connect())
        return Outcome::kLost;
    std::string_view left = request_->bytes;
    while (!left.empty()) {
        const ssize_t sent = ::send(socket_.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            disconnect();
            return Outcome::kLost;
        }
        left.remove_prefix(static_cast<std::size_t>(sent));
    }
    return Outcome::kWaiting;
}

LoadConnection::Outcome LoadConnection::receive() {
    std::array<char, 16384> buffer{};
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) {
        disconnect();
        return Outcome::kLost;
    }
    switch (reader_.feed({buffer.data(), static_cast<std::size_t>(got)})) {
        case ResponseReader::Progress::kNeedMore: return Outcome::kWaiting;
        case ResponseReader::Progress::kComplete: return Outcome::kAnswered;
        case ResponseReader::Progress::kBroken: break;
    }
    disconnect();
    return Outcome::kLost;
}

void LoadConnection::finish() {
    reader_.next();
    if (reader_.closes())
        disconnect();
}

void LoadConnection::disconnect() {
    socket_.close();
    reader_ = {};
}

}  // namespace tally::demo
