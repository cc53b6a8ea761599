#include "cli/http_transport.hpp"

#include <cctype>
#include <chrono>
#include <limits>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace tally::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kConnectTimeout{5};
constexpr std::chrono::minutes kAnswerTimeout{10};  // an invoice run over a large lake takes its time

using BeastRequest = http::request<http::string_body>;
using ResponseParser = http::response_parser<http::string_body>;

// One request on a connection of its own.
class Exchange {
  public:
    // No error, or what went wrong; the request may have been taken once sent() is true.
    error_code run(const std::string& host, const std::string& port, const BeastRequest& request) {
        error_code error;
        const auto addresses = tcp::resolver(io_).resolve(host, port, error);
        if (error)
            return error;
        stream_.expires_after(kConnectTimeout);
        stream_.async_connect(addresses, [&](error_code e, const tcp::endpoint&) { error = e; });
        io_.run();
        if (error)
            return error;
        stream_.expires_after(kAnswerTimeout);
        sent_ = true;
        parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
        http::async_write(stream_, request, [&](error_code e, std::size_t) { read(e, error); });
        io_.restart();
        io_.run();
        return error;
    }

    [[nodiscard]] bool sent() const { return sent_; }

    ResponseParser::value_type release() { return parser_.release(); }

  private:
    // A server that refuses a large body may answer before all of it was sent, so even a broken write is
    // followed by a look for the answer.
    void read(error_code written, error_code& error) {
        http::async_read(stream_, buffer_, parser_, [this, written, &error](error_code e, std::size_t) {
            error = e && written ? written : e;
        });
    }

    asio::io_context io_{1};
    beast::tcp_stream stream_{io_};
    beast::flat_buffer buffer_;
    ResponseParser parser_;
    bool sent_ = false;
};

BeastRequest translate(const ClientRequest& from, const std::string& host, std::string_view token) {
    BeastRequest request(http::string_to_verb(from.method), from.path + query_string(from.query), 11);
    request.set(http::field::host, host);
    request.set(http::field::connection, "close");
    request.set(http::field::authorization, "Bearer " + std::string(token));
    for (const auto& [name, value] : from.headers)
        request.set(name, value);
    if (!from.body.empty())
        request.set(http::field::content_type, from.content_type);
    request.body() = from.body;
    request.prepare_payload();
    return request;
}

ClientResponse translate(ResponseParser::value_type&& from) {
    ClientResponse response;
    response.status = static_cast<int>(from.result_int());
    for (const auto& field : from) {
        std::string name(field.name_string());
        for (char& c : name)
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        response.headers.emplace_back(std::move(name), std::string(field.value()));
    }
    response.content_type = response.header("content-type");
    response.body = std::move(from.body());
    return response;
}

}  // namespace

Result<std::unique_ptr<HttpTransport>> HttpTransport::make(std::string_view url, Secret token) {
    constexpr std::string_view kScheme = "http://";
    std::string_view rest = url.starts_with(kScheme) ? url.substr(kScheme.size()) : std::string_view();
    while (rest.ends_with('/'))
        rest.remove_suffix(1);
    const std::size_t colon = rest.rfind(':');
    const bool has_port = colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos;
    std::string_view host = has_port ? rest.substr(0, colon) : rest;
    const std::string port(has_port ? rest.substr(colon + 1) : "80");
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    if (host.empty() || host.find('/') != std::string_view::npos || port.empty())
        return Error{ErrorCode::kInvalidArgument,
                     "\"" + std::string(url) + "\" is not a server's address like http://127.0.0.1:8090"};
    return std::unique_ptr<HttpTransport>(new HttpTransport(std::string(host), port, std::move(token)));
}

Result<ClientResponse> HttpTransport::send(const ClientRequest& request) {
    const std::string where = "http://" + host_ + ":" + port_;
    try {
        Exchange exchange;
        const error_code error =
            exchange.run(host_, port_, translate(request, host_ + ":" + port_, token_.reveal()));
        if (!error)
            return translate(exchange.release());
        const std::string why = "the server at " + where + " did not answer: " + error.message();
        if (exchange.sent() && request.method != "GET")
            return Error{ErrorCode::kUnknownOutcome,
                         why +
                             ". The request was sent, so it may have been carried out: "
                             "look at the resource before you ask again"};
        return Error{ErrorCode::kUnavailable, why};
    } catch (const std::exception& e) {
        return Error{ErrorCode::kInternal, "asking the server at " + where + ": " + e.what()};
    }
}

}  // namespace tally::cli
