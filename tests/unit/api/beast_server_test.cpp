#include "api/beast_server.hpp"

#include "base/file_descriptor.hpp"

#include <atomic>
#include <future>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace tally::api {
namespace {

// A raw connection, because what is wrong on the wire no HTTP client would send.
class Connection {
  public:
    explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ =
            ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        timeval patience{10, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }

    [[nodiscard]] bool connected() const { return connected_; }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0)
                return;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    // Until `end` was read, or the connection is closed.
    std::string read_until(std::string_view end) {
        std::string text;
        char c = 0;
        while (text.find(end) == std::string::npos && ::recv(socket_.get(), &c, 1, 0) == 1)
            text += c;
        return text;
    }

    std::string read_all() { return read_until(std::string_view("\0never", 6)); }

  private:
    FileDescriptor socket_;
    bool connected_ = false;
};

class BeastServerTest : public testing::Test {
  protected:
    void start(ServerOptions options = {}) {
        options.port = 0;
        auto server = BeastServer::start(
            options, [this](Request request) { return answer(std::move(request)); },
            [](std::string_view, std::string_view path) {
                return path == "/heavy" ? Cost::kHeavy : Cost::kQuick;
            });
        ASSERT_TRUE(server.ok()) << server.error().message;
        server_ = std::move(*server);
    }

    Response answer(Request request) {
        ++answered_;
        if (request.path == "/heavy") {
            heavy_started_.set_value();
            release_heavy_.get_future().wait();
        }
        if (request.path == "/throw")
            throw std::bad_alloc();
        return {200,
                "text/plain",
                {},
                request.method + " " + request.path + " " + std::to_string(request.body.size()),
                {}};
    }

    std::string exchange(std::string_view bytes) {
        Connection connection(server_->port());
        connection.send(bytes);
        return connection.read_all();
    }

    std::promise<void> heavy_started_;
    std::promise<void> release_heavy_;
    std::atomic<int> answered_{0};
    std::unique_ptr<BeastServer> server_;
};

TEST_F(BeastServerTest, AnswersAndKeepsTheConnection) {
    start();
    Connection connection(server_->port());
    for (int i = 0; i < 3; ++i) {
        connection.send("POST /a?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        const std::string answer = connection.read_until("POST /a 3");
        EXPECT_EQ(answer.rfind("HTTP/1.1 200 OK\r\n", 0), 0U) << answer;
    }
}

TEST_F(BeastServerTest, PipelinedRequestsAreAnsweredInOrder) {
    start();
    const auto answer =
        exchange("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_LT(answer.find("GET /1"), answer.find("GET /2"));
    EXPECT_NE(answer.find("GET /2"), std::string::npos);
}

TEST_F(BeastServerTest, ABodyOverTheLimitGets413AndIsNotAnswered) {
    ServerOptions options;
    options.body_size_max = 1000;
    start(options);
    EXPECT_EQ(exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'))
                  .substr(0, 12),
              "HTTP/1.1 413");
    EXPECT_EQ(exchange("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
                       std::string(2000, 'x') + "\r\n0\r\n\r\n")
                  .substr(0, 12),
              "HTTP/1.1 413");
    EXPECT_EQ(answered_, 0);
    EXPECT_EQ(exchange("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n" +
                       std::string(1000, 'x'))
                  .substr(0, 12),
              "HTTP/1.1 200");
}

TEST_F(BeastServerTest, HeadersOverTheLimitGet431) {
    ServerOptions options;
    options.header_size_max = 1000;
    start(options);
    EXPECT_EQ(
        exchange("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2000, 'x') + "\r\n\r\n").substr(0, 12),
        "HTTP/1.1 431");
    EXPECT_EQ(answered_, 0);
}

TEST_F(BeastServerTest, WhatIsNotHttpGets400AndNothingIsSmuggled) {
    start();
    for (const char* bytes :
         {"hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "GET http://x/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"})
        EXPECT_EQ(exchange(bytes).substr(0, 12), "HTTP/1.1 400") << bytes;
    EXPECT_EQ(answered_, 0);
}

TEST_F(BeastServerTest, ASlowHeaderIsCutOff) {
    ServerOptions options;
    options.read_timeout = std::chrono::seconds(1);
    start(options);
    EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost:"), "");
}

TEST_F(BeastServerTest, AHeavyRequestHoldsUpNobodyAndIsAnsweredBeforeTheServerEnds) {
    ServerOptions options;
    options.heavy_threads = 1;
    start(options);
    Connection heavy(server_->port());
    heavy.send("GET /heavy HTTP/1.1\r\nHost: h\r\n\r\n");
    heavy_started_.get_future().wait();
    for (int i = 0; i < 10; ++i)
        EXPECT_NE(exchange("GET /quick HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").find("200 OK"),
                  std::string::npos);

    auto stopped = std::async(std::launch::async, [this] { server_->stop(); });
    release_heavy_.set_value();
    EXPECT_NE(heavy.read_all().find("GET /heavy 0"), std::string::npos);
    stopped.wait();
    EXPECT_FALSE(Connection(server_->port()).connected());
}

TEST_F(BeastServerTest, WhatAHandlerThrowsIs500) {
    start();
    EXPECT_EQ(exchange("GET /throw HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").substr(0, 12),
              "HTTP/1.1 500");
}

TEST_F(BeastServerTest, HeadHasTheLengthAndNoBody) {
    start();
    const auto answer = exchange("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_NE(answer.find("Content-Length: 9"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("HEAD /x"), std::string::npos);
}

TEST_F(BeastServerTest, ATakenAddressIsNamed) {
    start();
    ServerOptions options;
    options.port = server_->port();
    const auto second = BeastServer::start(options, {}, {});
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string(server_->port())), std::string::npos);
    EXPECT_NE(second.error().message.find("[api] listen"), std::string::npos);
}

}  // namespace
}  // namespace tally::api
