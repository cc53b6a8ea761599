#include "app/issuer/fetch.hpp"

#include "app/issuer/public_address.hpp"
#include "base/file_descriptor.hpp"
#include "base/file_system.hpp"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fcntl.h>
#include <fmt/format.h>

namespace tally::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using boost::system::error_code;
using tcp = asio::ip::tcp;

Error unavailable(const FetchUrl& url, std::string_view why) {
    return Error{ErrorCode::kUnavailable, fmt::format("{}{}: {}", url.authority(), url.target, why)};
}

Result<std::string> read_file(const FetchUrl& url, std::size_t size_max) {
    const Path path = url.target;
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid())
        return io_error("open", path, errno);
    std::string content(size_max + 1, '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t got = ::read(fd.get(), content.data() + size, content.size() - size);
        if (got < 0 && errno != EINTR)
            return io_error("read", path, errno);
        if (got == 0)
            break;
        size += got < 0 ? 0 : static_cast<std::size_t>(got);
    }
    if (size > size_max)
        return Error{ErrorCode::kInvalidArgument,
                     fmt::format("{} has more than {} bytes", path.string(), size_max)};
    content.resize(size);
    return content;
}

Result<std::vector<std::string>> resolve_by_system(const std::string& host) {
    asio::io_context io;
    error_code error;
    const auto found = tcp::resolver(io).resolve(host, "", error);
    if (error)
        return Error{ErrorCode::kUnavailable, error.message()};
    std::vector<std::string> addresses;
    for (const auto& one : found)
        addresses.push_back(one.endpoint().address().to_string());
    return addresses;
}

// Where to connect to: every address of the host, if every one is allowed.
Result<std::vector<tcp::endpoint>> endpoints_of(const FetchUrl& url, const FetchOptions& options) {
    std::vector<std::string> addresses{url.host};
    if (!url.has_address()) {
        auto resolved = options.resolve ? options.resolve(url.host) : resolve_by_system(url.host);
        if (!resolved)
            return unavailable(url, "the name does not resolve: " + resolved.error().message);
        addresses = std::move(*resolved);
    }
    const auto port = static_cast<std::uint16_t>(std::stoul(url.port));
    std::vector<tcp::endpoint> endpoints;
    for (const std::string& address : addresses) {
        const AddressKind kind = address_kind(address);
        const bool allowed =
            url.is_loopback()
                ? kind == AddressKind::kLoopback
                : kind == AddressKind::kPublic || (kind == AddressKind::kOther && options.private_addresses);
        if (!allowed)
            return Error{
                ErrorCode::kForbidden,
                fmt::format("{} leads to {}, which is no public address; jwt_private_addresses = true "
                            "in [edge] allows private networks",
                            url.host, address)};
        endpoints.emplace_back(asio::ip::make_address(address), port);
    }
    if (endpoints.empty())
        return unavailable(url, "the name has no address");
    return endpoints;
}

// One GET on a connection of its own, with or without TLS below it.
class Exchange {
  public:
    explicit Exchange(const FetchOptions& options) : time_max_(options.time_max) {
        parser_.body_limit(options.size_max);
        parser_.header_limit(16 * 1024);
    }

    // No error, or what went wrong first.
    error_code run(const FetchUrl& url, const std::vector<tcp::endpoint>& endpoints, ssl::context& tls) {
        request_ = http::request<http::empty_body>(http::verb::get, url.target, 11);
        request_.set(http::field::host, url.authority());
        request_.set(http::field::user_agent, "tallyman");
        request_.set(http::field::accept, "application/json, application/jwk-set+json");
        request_.set(http::field::accept_encoding, "identity");
        request_.set(http::field::connection, "close");
        error_code error;
        beast::ssl_stream<beast::tcp_stream> stream(io_, tls);
        auto& plain = stream.next_layer();
        asio::async_connect(plain.socket(), endpoints, [&](error_code e, const tcp::endpoint&) {
            error = e;
            if (e)
                return;
            if (url.scheme == FetchScheme::kHttp)
                send(plain, error);
            else if (prepare(stream, url))
                stream.async_handshake(ssl::stream_base::client, [&](error_code shaken) {
                    error = shaken;
                    if (!shaken)
                        send(stream, error);
                });
            else
                error = asio::error::no_memory;
        });
        io_.run_for(time_max_);
        if (io_.stopped())
            return error;
        plain.close();
        io_.restart();
        io_.run();  // what is under way ends now
        return beast::error::timeout;
    }

    [[nodiscard]] const http::response<http::string_body>& response() const { return parser_.get(); }

  private:
    // Which host is meant: told to the server, and checked against its certificate.
    static bool prepare(beast::ssl_stream<beast::tcp_stream>& stream, const FetchUrl& url) {
        stream.set_verify_mode(ssl::verify_peer);
        stream.set_verify_callback(ssl::host_name_verification(url.host));
        return url.has_address() ||
               SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                        const_cast<char*>(url.host.c_str())) == 1;
    }

    template <class Stream>
    void send(Stream& stream, error_code& error) {
        http::async_write(stream, request_, [this, &stream, &error](error_code e, std::size_t) {
            error = e;
            if (!e)
                http::async_read(stream, buffer_, parser_,
                                 [&error](error_code read, std::size_t) { error = read; });
        });
    }

    std::chrono::milliseconds time_max_;
    asio::io_context io_{1};
    beast::flat_buffer buffer_;
    http::request<http::empty_body> request_;
    http::response_parser<http::string_body> parser_;
};

Result<std::string> answer_of(const FetchUrl& url, const http::response<http::string_body>& response) {
    const unsigned status = response.result_int();
    if (status >= 300 && status < 400)
        return unavailable(url, fmt::format("answered {}; redirects are not followed", status));
    if (status != 200)
        return unavailable(url, fmt::format("answered {}", status));
    if (const auto encoding = response.find(http::field::content_encoding);
        encoding != response.end() && !beast::iequals(encoding->value(), "identity"))
        return unavailable(url, "answered in a content encoding that was not asked for");
    return response.body();
}

const char* environment_or(const char* name, const char* usual) {
    // Nobody in this program changes the environment.
    const char* const given = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return given != nullptr ? given : usual;
}

// Whom the machine trusts: OpenSSL's file and folder, without its store of URIs, which
// set_default_verify_paths would open, too, and which fails where a library beside it brings an OpenSSL of
// its own.
void trust_machine(ssl::context& tls) {
    error_code ignored;  // what is not there vouches for nobody
    tls.load_verify_file(environment_or(X509_get_default_cert_file_env(), X509_get_default_cert_file()),
                         ignored);
    tls.add_verify_path(environment_or(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()),
                        ignored);
}

Result<std::string> get(const FetchUrl& url, const FetchOptions& options) {
    TRY_ASSIGN(const auto endpoints, endpoints_of(url, options));
    ssl::context tls(ssl::context::tls_client);
    if (url.scheme == FetchScheme::kHttps)
        trust_machine(tls);
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    Exchange exchange(options);
    if (const error_code error = exchange.run(url, endpoints, tls); error)
        return unavailable(url, error.message());
    return answer_of(url, exchange.response());
}

}  // namespace

Result<std::string> fetch(const FetchUrl& url, const FetchOptions& options) {
    if (url.scheme == FetchScheme::kFile)
        return read_file(url, options.size_max);
    try {
        return get(url, options);
    } catch (const std::exception& e) {
        return unavailable(url, e.what());
    }
}

}  // namespace tally::app
