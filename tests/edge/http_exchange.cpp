#include "http_exchange.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace tally::test {
namespace {

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
    std::size_t start = head.find("\r\n");
    while (start != std::string::npos) {
        start += 2;
        const std::size_t stop = head.find("\r\n", start);
        const std::string_view line = std::string_view(head).substr(start, stop - start);
        const std::size_t colon = line.find(": ");
        if (colon != std::string_view::npos && same_name(line.substr(0, colon), name))
            return std::string(line.substr(colon + 2));
        start = stop;
    }
    return {};
}

HttpConnection::HttpConnection(std::uint16_t port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience = {10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const sockaddr_in address = loopback(port);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

bool HttpConnection::nothing_came() const {
    char byte = 0;
    return buffer_.empty() && ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

void HttpConnection::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            break;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool HttpConnection::receive_more() {
    char bytes[16384];
    const ssize_t size = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    if (size > 0)
        buffer_.append(bytes, static_cast<std::size_t>(size));
    return size > 0;
}

std::string HttpConnection::take(std::size_t size) {
    while (buffer_.size() < size && receive_more())
        continue;
    std::string part = buffer_.substr(0, size);
    buffer_.erase(0, part.size());
    taken_ += static_cast<std::int64_t>(part.size());
    return part;
}

std::string HttpConnection::take_until(std::string_view mark) {
    while (buffer_.find(mark) == std::string::npos && receive_more())
        continue;
    const std::size_t at = buffer_.find(mark);
    return take(at == std::string::npos ? buffer_.size() : at + mark.size());
}

std::string HttpConnection::take_chunks() {
    std::string body;
    while (true) {
        const std::string line = take_until("\r\n");
        const std::size_t size = std::strtoul(line.c_str(), nullptr, 16);
        body += take(size);
        take(2);
        if (size == 0 || line.empty())
            return body;
    }
}

HttpResponse HttpConnection::receive(bool to_head) {
    taken_ = 0;
    HttpResponse response;
    response.head = take_until("\r\n\r\n");
    if (response.head.size() < 16)
        return response;
    response.head.erase(response.head.size() - 4);
    response.status = std::atoi(response.head.c_str() + sizeof("HTTP/1.1"));
    const std::string length = response.header("Content-Length");
    if (to_head || response.status == 304 || response.status == 204 || response.status < 200)
        response.body.clear();
    else if (response.header("Transfer-Encoding") == "chunked")
        response.body = take_chunks();
    else if (!length.empty())
        response.body = take(std::strtoul(length.c_str(), nullptr, 10));
    else
        response.body = receive_all();
    response.bytes = taken_;
    return response;
}

std::string HttpConnection::receive_all() {
    while (receive_more())
        continue;
    return take(buffer_.size());
}

void HttpConnection::abort() {
    const linger now = {1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_.close();
}

HttpResponse send_one(std::uint16_t port, std::string_view request) {
    HttpConnection connection(port);
    connection.send(request);
    return connection.receive(request.starts_with("HEAD "));
}

std::uint16_t free_port() {
    const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket.get(), raw, size), 0);
    EXPECT_EQ(::getsockname(socket.get(), raw, &size), 0);
    return ntohs(address.sin_port);
}

}  // namespace tally::test
