#include "edge/module/connection_facts.hpp"

#include <cstdint>
#include <cstring>

namespace tally::edge {
namespace {

// IPv4 as ::ffff:a.b.c.d; other families stay zero. Returns the port in host order.
std::uint16_t put_address(const sockaddr* address, unsigned char* to) {
    if (address->sa_family == AF_INET6) {
        const auto* in6 = reinterpret_cast<const sockaddr_in6*>(address);
        std::memcpy(to, &in6->sin6_addr, 16);
        return __builtin_bswap16(in6->sin6_port);
    }
    if (address->sa_family != AF_INET)
        return 0;
    const auto* in4 = reinterpret_cast<const sockaddr_in*>(address);
    to[10] = 0xFF;
    to[11] = 0xFF;
    std::memcpy(to + 12, &in4->sin_addr, 4);
    return __builtin_bswap16(in4->sin_port);
}

bool is_ipv6(const sockaddr* address) {
    static constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    return address->sa_family == AF_INET6 &&
           std::memcmp(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, kMapped, sizeof kMapped) !=
               0;
}

std::uint16_t http_version_of(const ngx_http_request_t* request) {
    return static_cast<std::uint16_t>(request->http_version / 1000 * 10 + request->http_version % 1000);
}

void describe_tls(const ngx_connection_t* connection, capture::FixedPart& fixed) {
    fixed.flags |= capture::kFlagHttps;
    const SSL* ssl = connection->ssl->connection;
    fixed.tls_protocol = static_cast<std::uint16_t>(SSL_version(ssl));
    if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl))
        fixed.tls_cipher = SSL_CIPHER_get_protocol_id(cipher);
}

}  // namespace

void describe_connection(ngx_http_request_t* request, capture::FixedPart& fixed) {
    ngx_connection_t* const connection = request->connection;
    // On a wildcard socket nginx asks the kernel for the local address once a connection and keeps it.
    if (ngx_connection_local_sockaddr(connection, nullptr, 0) == NGX_OK)
        put_address(connection->local_sockaddr, fixed.server_address);
    fixed.client_port = put_address(connection->sockaddr, fixed.client_address);
    if (is_ipv6(connection->sockaddr))
        fixed.flags |= capture::kFlagIpv6;
    fixed.http_version = http_version_of(request);
    if (connection->ssl != nullptr)
        describe_tls(connection, fixed);
}

}  // namespace tally::edge
