#include "edge/module/connection_facts.hpp"

#include <cstdint>
#include <cstring>

namespace tally::edge {
namespace {

// IPv4 as ::ffff:a.b.c.d; other families stay zero. Returns the port in host order.
[[gnu::always_inline]] inline std::uint16_t put_address(const sockaddr* address, unsigned char* to) {
    if (address->sa_family == AF_INET) [[likely]] {
        const auto* in4 = reinterpret_cast<const sockaddr_in*>(address);
        const std::uint64_t low = std::uint64_t{in4->sin_addr.s_addr} << 32 | 0xFFFF'0000U;
        std::memcpy(to + 8, &low, sizeof low);
        return __builtin_bswap16(in4->sin_port);
    }
    if (address->sa_family != AF_INET6)
        return 0;
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(address);
    std::memcpy(to, &in6->sin6_addr, 16);
    return __builtin_bswap16(in6->sin6_port);
}

bool is_ipv6(const sockaddr* address) {
    static constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    return address->sa_family == AF_INET6 &&
           std::memcmp(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, kMapped, sizeof kMapped) !=
               0;
}

// On a wildcard socket nginx asks the kernel for the local address once a connection and keeps it.
bool knows_local_address(ngx_connection_t* connection) {
    const sockaddr* local = connection->local_sockaddr;
    return (local != nullptr && local->sa_family == AF_INET &&
            reinterpret_cast<const sockaddr_in*>(local)->sin_addr.s_addr != 0) ||
           ngx_connection_local_sockaddr(connection, nullptr, 0) == NGX_OK;
}

std::uint16_t http_version_of(const ngx_http_request_t* request) {
    const ngx_uint_t version = request->http_version;
    return static_cast<std::uint16_t>(version == NGX_HTTP_VERSION_11 ? 11
                                                                     : version / 1000 * 10 + version % 1000);
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
    if (knows_local_address(connection))
        put_address(connection->local_sockaddr, fixed.server_address);
    fixed.client_port = put_address(connection->sockaddr, fixed.client_address);
    if (is_ipv6(connection->sockaddr))
        fixed.flags |= capture::kFlagIpv6;
    fixed.http_version = http_version_of(request);
    if (connection->ssl != nullptr)
        describe_tls(connection, fixed);
}

}  // namespace tally::edge
