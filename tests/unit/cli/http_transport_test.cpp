#include "cli/http_transport.hpp"

#include "base/file_descriptor.hpp"

#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace tally::cli {
namespace {

// Takes one connection, reads a request's header, answers with the given bytes and closes.
class OneAnswer {
  public:
    explicit OneAnswer(std::string bytes)
        : bytes_(std::move(bytes)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size);
        ::listen(socket_.get(), 1);
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }

    ~OneAnswer() { thread_.join(); }

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    std::string seen;

  private:
    void run() {
        const FileDescriptor client(::accept(socket_.get(), nullptr, nullptr));
        char buffer[4096];
        while (seen.find("\r\n\r\n") == std::string::npos) {
            const ssize_t size = ::recv(client.get(), buffer, sizeof buffer, 0);
            if (size <= 0)
                return;
            seen.append(buffer, static_cast<std::size_t>(size));
        }
        ::send(client.get(), bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
        ::shutdown(client.get(), SHUT_WR);
        while (::recv(client.get(), buffer, sizeof buffer, 0) > 0) {
        }
    }

    std::string bytes_;
    FileDescriptor socket_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

TEST(HttpTransport, SendsTheTokenAndReadsTheAnswer) {
    ClientResponse response;
    std::string seen;
    {
        OneAnswer server(
            "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nX-Two: 2\r\nContent-Length: "
            "2\r\n\r\n{}");
        auto transport = HttpTransport::make(server.url(), Secret("tma_secret"));
        ASSERT_TRUE(transport.ok());
        auto sent = (*transport)->send({"POST", "/v1/customers", {{"a", "b c"}}, {}, R"({"x":1})"});
        ASSERT_TRUE(sent.ok()) << sent.error().message;
        response = *sent;
        seen = server.seen;
    }
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(response.header("x-two"), "2");
    EXPECT_EQ(response.body, "{}");
    EXPECT_EQ(seen.rfind("POST /v1/customers?a=b%20c HTTP/1.1\r\n", 0), 0U) << seen;
    EXPECT_NE(seen.find("Authorization: Bearer tma_secret\r\n"), std::string::npos);
}

TEST(HttpTransport, ReadsChunkedAnswers) {
    OneAnswer server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    auto transport = HttpTransport::make(server.url(), Secret("t"));
    const auto response = (*transport)->send({"GET", "/"});
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response->body, "abcde");
}

TEST(HttpTransport, ALostAnswerToAWriteIsUnknownAndToAReadIsNot) {
    {
        OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut");
        const auto response =
            (*HttpTransport::make(server.url(), Secret("t")))->send({"POST", "/v1/invoices/run"});
        ASSERT_FALSE(response.ok());
        EXPECT_EQ(response.error().code, ErrorCode::kUnknownOutcome);
    }
    OneAnswer server("");
    const auto response = (*HttpTransport::make(server.url(), Secret("t")))->send({"GET", "/v1/invoices"});
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
}

TEST(HttpTransport, NobodyThereIsAFailureNotAnUnknown) {
    std::string url;
    {
        OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        url = server.url();
        ASSERT_TRUE((*HttpTransport::make(url, Secret("t")))->send({"GET", "/"}).ok());
    }
    const auto response = (*HttpTransport::make(url, Secret("t")))->send({"POST", "/"});
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(response.error().message.find(url), std::string::npos);
}

TEST(HttpTransport, RefusesAddressesThatAreNone) {
    for (const char* url : {"", "127.0.0.1:80", "https://x", "http://", "http://x/path", "http://x:"})
        EXPECT_FALSE(HttpTransport::make(url, Secret("t")).ok()) << url;
    for (const char* url : {"http://localhost", "http://127.0.0.1:8090/", "http://[::1]:8090"})
        EXPECT_TRUE(HttpTransport::make(url, Secret("t")).ok()) << url;
}

}  // namespace
}  // namespace tally::cli
