#include "api/beast_server.hpp"

#include "api/problem.hpp"

#include <atomic>
#include <cctype>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace tally::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

using RequestParser = http::request_parser<http::string_body>;
using BeastResponse = http::response<http::string_body>;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

// The request without sockets; kInvalidArgument for a target that is no path. A header that comes twice
// counts as its values joined by a comma (RFC 9110, 5.3).
Result<Request> translate(RequestParser::value_type&& from, bool loopback) {
    Request request;
    request.method = view(from.method_string());
    request.from_loopback = loopback;
    TRY(set_target(request, view(from.target())));
    for (const auto& field : from) {
        std::string& value = request.headers[lower(view(field.name_string()))];
        if (!value.empty())
            value += ", ";
        value += view(field.value());
    }
    request.body = std::move(from.body());
    return request;
}

BeastResponse translate(Response&& from, unsigned version, bool keep_alive, bool is_head) {
    BeastResponse response(static_cast<http::status>(from.status), version);
    response.set(http::field::content_type, from.content_type);
    response.set("X-Content-Type-Options", "nosniff");
    response.set(http::field::cache_control, "no-store");
    for (const auto& [name, value] : from.headers)
        response.set(name, value);
    response.keep_alive(keep_alive);
    const std::size_t size = from.body.size();
    if (!is_head)
        response.body() = std::move(from.body);
    response.content_length(size);
    return response;
}

// What to say to a request that could not even be read; nullopt: nothing, the connection is gone.
std::optional<Response> answer_unreadable(const error_code& error) {
    if (error == http::error::body_limit)
        return plain_problem(413, "The body is larger than this server takes (16 MiB).", "");
    if (error == http::error::header_limit)
        return plain_problem(431, "The header section is larger than this server takes (64 KiB).", "");
    const bool ours = error.category() == http::make_error_code(http::error::bad_version).category();
    if (ours && error != http::error::end_of_stream && error != http::error::partial_message)
        return plain_problem(400, "This is not an HTTP/1.1 request.", "");
    return std::nullopt;
}

// CL and TE together, or two lengths, are how requests are smuggled past a proxy (RFC 9112, 6.3).
bool has_ambiguous_length(const RequestParser::value_type& request) {
    return request.count(http::field::transfer_encoding) > 0 &&
           request.count(http::field::content_length) > 0;
}

}  // namespace

struct BeastServer::Impl {
    Impl(const ServerOptions& wanted, Answer how, CostOf cost)
        : options(wanted),
          answer(std::move(how)),
          cost_of(std::move(cost)),
          quick(wanted.quick_threads),
          heavy(wanted.heavy_threads) {}

    ServerOptions options;
    Answer answer;
    CostOf cost_of;
    asio::io_context io{1};
    tcp::acceptor acceptor{io};
    asio::thread_pool quick;
    asio::thread_pool heavy;
    std::thread thread;
    std::uint16_t bound_port = 0;
    bool stopped = false;

    // Used by the I/O thread alone.
    std::list<beast::tcp_stream*> idle;  // connections that wait for a request
    bool closing = false;

    std::atomic<std::size_t> connections{0};
    std::mutex mutex;
    std::condition_variable all_closed;

    Status listen();
    asio::awaitable<void> accept();
    asio::awaitable<void> serve(tcp::socket socket);
    asio::awaitable<bool> serve_one(beast::tcp_stream& stream, beast::flat_buffer& buffer, bool loopback);
    asio::awaitable<error_code> read(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                     RequestParser& parser);
    asio::awaitable<Response> answer_elsewhere(Request request);
    [[nodiscard]] Response guarded(Request request) const;
    asio::awaitable<bool> write(beast::tcp_stream& stream, BeastResponse response);
    asio::awaitable<void> drain(beast::tcp_stream& stream);
    void close_idle();
    void connection_closed();
};

Status BeastServer::Impl::listen() {
    const std::string where = options.address + ":" + std::to_string(options.port);
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error)
        return Error{ErrorCode::kInvalidArgument, "\"" + options.address + "\" is not an IP address"};
    const tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error)
        acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error)
        acceptor.bind(endpoint, error);
    if (!error)
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error == asio::error::address_in_use)
        return Error{ErrorCode::kUnavailable,
                     "the address " + where +
                         " of the API is in use by another program; "
                         "stop it, or choose another in tallyman.toml: [api] listen"};
    if (error)
        return Error{ErrorCode::kIo, "cannot listen on " + where + ": " + error.message()};
    bound_port = acceptor.local_endpoint(error).port();
    return {};
}

asio::awaitable<void> BeastServer::Impl::accept() {
    while (acceptor.is_open()) {
        error_code error;
        tcp::socket socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted || !acceptor.is_open())
            co_return;
        if (error || connections >= options.connections_max)
            continue;  // the socket closes itself
        ++connections;
        asio::co_spawn(io, serve(std::move(socket)), [this](std::exception_ptr) { connection_closed(); });
    }
}

asio::awaitable<void> BeastServer::Impl::serve(tcp::socket socket) {
    error_code error;
    const auto peer = socket.remote_endpoint(error);
    const bool loopback = !error && peer.address().is_loopback();
    socket.set_option(tcp::no_delay(true), error);
    beast::tcp_stream stream(std::move(socket));
    beast::flat_buffer buffer;
    while (co_await serve_one(stream, buffer, loopback)) {
    }
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
}

asio::awaitable<error_code> BeastServer::Impl::read(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                                    RequestParser& parser) {
    error_code error;
    stream.expires_after(options.read_timeout);
    const auto place = idle.insert(idle.end(), &stream);
    co_await http::async_read_header(stream, buffer, parser,
                                     asio::redirect_error(asio::use_awaitable, error));
    idle.erase(place);
    if (error)
        co_return error;
    if (has_ambiguous_length(parser.get()))
        co_return http::make_error_code(http::error::bad_content_length);
    if (view(parser.get()[http::field::expect]) == "100-continue") {
        http::response<http::empty_body> go_on(http::status::continue_, 11);
        co_await http::async_write(stream, go_on, asio::redirect_error(asio::use_awaitable, error));
    }
    if (!error)
        co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    co_return error;
}

// False when the connection is to be closed.
asio::awaitable<bool> BeastServer::Impl::serve_one(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                                   bool loopback) {
    if (closing)
        co_return false;
    RequestParser parser;
    parser.body_limit(options.body_size_max);
    parser.header_limit(options.header_size_max);
    if (const error_code error = co_await read(stream, buffer, parser); error) {
        if (auto response = answer_unreadable(error)) {
            co_await write(stream, translate(std::move(*response), 11, false, false));
            co_await drain(stream);
        }
        co_return false;
    }
    RequestParser::value_type message = parser.release();
    const unsigned version = message.version();
    const bool keep_alive = message.keep_alive() && !closing;
    const bool is_head = message.method() == http::verb::head;
    auto request = translate(std::move(message), loopback);
    if (!request)
        co_return co_await write(stream,
                                 translate(problem(request.error(), "", ""), version, false, is_head));
    stream.expires_never();
    Response response = co_await answer_elsewhere(std::move(*request));
    co_return co_await write(stream, translate(std::move(response), version, keep_alive, is_head)) &&
        keep_alive;
}

// Leaves the I/O thread for the time of the answer.
asio::awaitable<Response> BeastServer::Impl::answer_elsewhere(Request request) {
    auto& pool = cost_of(request.method, request.path) == Cost::kHeavy ? heavy : quick;
    const auto work = [this](Request asked) -> asio::awaitable<Response> {
        co_return guarded(std::move(asked));
    };
    co_return co_await asio::co_spawn(pool, work(std::move(request)), asio::use_awaitable);
}

// Adapters catch what their libraries throw; this is for what they missed, memory above all.
Response BeastServer::Impl::guarded(Request request) const {
    try {
        return answer(std::move(request));
    } catch (const std::exception&) {
        return plain_problem(500, "The service failed to answer.", "");
    }
}

// Reads what a client still sends after it was refused, so that it sees the answer and not a reset.
asio::awaitable<void> BeastServer::Impl::drain(beast::tcp_stream& stream) {
    constexpr std::size_t kDrainMax = 64ULL * 1024 * 1024;
    std::vector<char> scratch(64ULL * 1024);
    error_code error;
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
    stream.expires_after(std::chrono::seconds(5));
    for (std::size_t read = 0; !error && read < kDrainMax && !closing;)
        read += co_await stream.async_read_some(asio::buffer(scratch),
                                                asio::redirect_error(asio::use_awaitable, error));
}

asio::awaitable<bool> BeastServer::Impl::write(beast::tcp_stream& stream, BeastResponse response) {
    error_code error;
    stream.expires_after(options.write_timeout);
    co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, error));
    co_return !error && response.keep_alive();
}

void BeastServer::Impl::close_idle() {
    closing = true;
    error_code ignored;
    acceptor.close(ignored);
    for (beast::tcp_stream* stream : idle)
        stream->cancel();
}

void BeastServer::Impl::connection_closed() {
    const std::lock_guard lock(mutex);
    --connections;
    all_closed.notify_all();
}

BeastServer::BeastServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

BeastServer::~BeastServer() {
    stop();
}

Result<std::unique_ptr<BeastServer>> BeastServer::start(const ServerOptions& options, Answer answer,
                                                        CostOf cost_of) {
    try {
        auto impl = std::make_unique<Impl>(options, std::move(answer), std::move(cost_of));
        TRY(impl->listen());
        asio::co_spawn(impl->io, impl->accept(), asio::detached);
        impl->thread = std::thread([&server = *impl] { server.io.run(); });
        return std::unique_ptr<BeastServer>(new BeastServer(std::move(impl)));
    } catch (const std::exception& e) {
        return Error{ErrorCode::kInternal, std::string("cannot start the API's server: ") + e.what()};
    }
}

std::uint16_t BeastServer::port() const {
    return impl_->bound_port;
}

void BeastServer::stop() {
    if (std::exchange(impl_->stopped, true))
        return;
    asio::post(impl_->io, [this] { impl_->close_idle(); });
    {
        std::unique_lock lock(impl_->mutex);
        impl_->all_closed.wait_for(lock, std::chrono::seconds(10),
                                   [this] { return impl_->connections == 0; });
    }
    impl_->io.stop();
    impl_->thread.join();
    impl_->quick.join();
    impl_->heavy.join();
}

}  // namespace tally::api
