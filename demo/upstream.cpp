// The API that is billed in the demo and in the tests. usage: demo-upstream ADDRESS PORT
// A thread a connection: nginx keeps a few dozen connections open, and clarity is worth more here than speed.
#include "demo/upstream_routes.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

std::atomic<std::uint64_t> requests_answered{0};

http::response<http::string_body> respond(const http::request<http::string_body>& request) {
    const auto answer =
        tally::demo::answer(request.method_string(), request.target(), request.body(),
                            request.find("x-api-key") != request.end(), requests_answered.fetch_add(1));
    http::response<http::string_body> response{http::int_to_status(static_cast<unsigned>(answer.status)),
                                               request.version()};
    response.set(http::field::content_type, "application/json");
    response.keep_alive(request.keep_alive());
    response.body() = answer.body;
    response.prepare_payload();
    if (request.method() == http::verb::head)
        response.body().clear();
    return response;
}

void serve(tcp::socket socket) {
    beast::error_code error;
    socket.set_option(tcp::no_delay(true), error);
    beast::flat_buffer buffer;
    while (!error) {
        http::request<http::string_body> request;
        http::read(socket, buffer, request, error);
        if (error)
            return;
        const auto response = respond(request);
        http::write(socket, response, error);
        if (response.need_eof())
            return;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: demo-upstream ADDRESS PORT\n");
        return 2;
    }
    try {
        asio::io_context context;
        tcp::acceptor acceptor(
            context, {asio::ip::make_address(argv[1]), static_cast<std::uint16_t>(std::atoi(argv[2]))});
        while (true)
            std::thread(serve, acceptor.accept()).detach();
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "demo-upstream: cannot serve %s:%s: %s\n", argv[1], argv[2], failure.what());
        return 1;
    }
}
