#include "upstream.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tally::test {
namespace {

void send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool receive_more(int socket, std::string& buffer) {
    char bytes[16384];
    const ssize_t size = ::recv(socket, bytes, sizeof bytes, 0);
    if (size > 0)
        buffer.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
}

std::size_t content_length(const std::string& head) {
    const std::size_t at = head.find("\r\nContent-Length: ");
    return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 18, nullptr, 10);
}

std::string echoed_headers(const std::string& head) {
    constexpr std::string_view kMark = "Echo-";
    std::string headers;
    for (std::size_t at = 0; at < head.size(); at = head.find("\r\n", at) + 2)
        if (head.compare(at, kMark.size(), kMark) == 0)
            headers += head.substr(at + kMark.size(), head.find("\r\n", at) + 2 - at - kMark.size());
    return headers;
}

bool holds(const std::string& text, std::string_view what) {
    return text.find(what) != std::string::npos;
}

}  // namespace

Upstream::Upstream() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    ::bind(listener_.get(), raw, size);
    ::listen(listener_.get(), 64);
    ::getsockname(listener_.get(), raw, &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] {
        int socket = -1;
        while ((socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)) >= 0 && !stopping_) {
            const int on = 1;
            ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            const std::lock_guard lock(mutex_);
            sockets_.push_back(socket);
            threads_.emplace_back([this, socket] { serve(socket); });
        }
    });
}

Upstream::~Upstream() {
    stopping_ = true;
    release();
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock(mutex_);
        for (const int socket : sockets_)
            ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& thread : threads_)
        thread.join();
    for (const int socket : sockets_)
        ::close(socket);
}

std::vector<std::string> Upstream::requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void Upstream::wait_for_requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return requests_.size() >= count; });
}

void Upstream::release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
}

void Upstream::wait_for_release() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return released_; });
}

void Upstream::serve(int socket) {
    std::string buffer;
    bool more = true;
    while (more) {
        std::size_t end = 0;
        while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
            if (!receive_more(socket, buffer))
                return;
        const std::string head = buffer.substr(0, end + 2);
        buffer.erase(0, end + 4);
        const std::size_t length = content_length(head);
        while (buffer.size() < length)
            if (!receive_more(socket, buffer))
                return;
        const std::string body = buffer.substr(0, length);
        buffer.erase(0, length);
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(head);
            changed_.notify_all();
        }
        more = answer(socket, head, body);
    }
    ::shutdown(socket, SHUT_RDWR);
}

bool Upstream::answer(int socket, const std::string& head, const std::string& body) {
    const std::string path = head.substr(head.find(' ') + 1, head.find(" HTTP/") - head.find(' ') - 1);
    if (holds(path, "/drop") || holds(head, "\r\nX-Fail: 1"))
        return false;
    const std::string more = echoed_headers(head) + (holds(path, "/etag") ? "ETag: \"v1\"\r\n" : "");
    if (holds(path, "/etag") && holds(head, "\r\nIf-None-Match: ")) {
        send_all(socket, fmt::format("HTTP/1.1 304 Not Modified\r\n{}\r\n", more));
        return true;
    }
    if (holds(path, "/upgrade")) {
        send_all(socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
        for (std::string bytes; receive_more(socket, bytes); bytes.clear())
            send_all(socket, bytes);
        return false;
    }
    if (holds(path, "/chunked")) {
        send_all(socket,
                 "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n");
        return true;
    }
    if (holds(path, "/wait") || holds(head, "\r\nX-Wait: 1"))
        wait_for_release();
    const std::string text = body.empty() ? "hello" : body;
    const std::size_t status_at = path.find("/status/");
    const int status = status_at != std::string::npos ? std::atoi(path.c_str() + status_at + 8) : 200;
    if (status == 204 || status == 304) {  // which have no body
        send_all(socket, fmt::format("HTTP/1.1 {} Status\r\n{}\r\n", status, more));
        return true;
    }
    send_all(socket, fmt::format("HTTP/1.1 {} Status\r\nContent-Type: application/json\r\n"
                                 "Content-Length: {}\r\n{}\r\n",
                                 status, text.size(), more));
    if (head.starts_with("HEAD "))
        return true;
    if (holds(path, "/hold")) {
        send_all(socket, text.substr(0, text.size() / 2));
        wait_for_release();
        send_all(socket, text.substr(text.size() / 2));
        return true;
    }
    send_all(socket, text);
    return true;
}

}  // namespace tally::test
