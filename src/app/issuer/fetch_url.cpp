#include "app/issuer/fetch_url.hpp"

#include "app/issuer/public_address.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace tally::app {
namespace {

constexpr std::size_t kUrlSizeMax = 2048;
constexpr std::size_t kHostSizeMax = 253;

Error bad(std::string_view url, std::string_view why) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("\"{}\" {}; it is like \"https://issuer.example/.well-known/jwks.json\", or "
                             "\"file:\" and a path",
                             url, why)};
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_host_character(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
}

bool is_v4(const std::string& text) {
    in_addr ignored = {};
    return ::inet_pton(AF_INET, text.c_str(), &ignored) == 1;
}

bool is_v6(const std::string& text) {
    in6_addr ignored = {};
    return ::inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

// 127.1, 0x7f000001, 2130706433 and 0177.0.0.1 are addresses to some and names to others.
bool looks_like_a_number(std::string_view host) {
    const std::string_view last =
        host.substr(host.rfind('.') == std::string_view::npos ? 0 : host.rfind('.') + 1);
    return !last.empty() && is_digit(last.front());
}

bool is_name(const std::string& host) {
    return !host.empty() && host.size() <= kHostSizeMax &&
           std::all_of(host.begin(), host.end(), is_host_character) && host.front() != '.' &&
           host.back() != '.' && host.find("..") == std::string::npos && host.front() != '-';
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port != 0 && text.front() != '0';
}

Status parse_authority(std::string_view url, std::string_view text, FetchUrl& out) {
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos)
            return bad(url, "has no end of its IPv6 address");
        out.host = text.substr(1, close - 1);
        text.remove_prefix(close + 1);
        if (!is_v6(out.host))
            return bad(url, "has no IPv6 address in its brackets");
    } else {
        out.host = text.substr(0, text.find(':'));
        text.remove_prefix(out.host.size());
        if (!is_name(out.host) || (looks_like_a_number(out.host) && !is_v4(out.host)))
            return bad(url, "names no host");
    }
    if (text.empty())
        return {};
    out.port = text.substr(1);
    return text.front() == ':' && is_port(out.port) ? Status() : bad(url, "names no port");
}

}  // namespace

bool FetchUrl::is_loopback() const {
    return host == "localhost" || address_kind(host) == AddressKind::kLoopback;
}

bool FetchUrl::has_address() const {
    return is_v4(host) || is_v6(host);
}

std::string FetchUrl::authority() const {
    const bool usual = port == (scheme == FetchScheme::kHttps ? "443" : "80");
    return (is_v6(host) ? "[" + host + "]" : host) + (usual ? "" : ":" + port);
}

Result<FetchUrl> FetchUrl::parse(std::string_view text) {
    constexpr std::string_view kFile = "file:";
    constexpr std::string_view kHttps = "https://";
    constexpr std::string_view kHttp = "http://";
    const auto unfit = [](char c) { return c <= 0x20 || c >= 0x7F || c == '\\' || c == '#' || c == '@'; };
    FetchUrl url;
    if (text.starts_with(kFile)) {
        url.scheme = FetchScheme::kFile;
        url.target = text.substr(kFile.size());
        if (url.target.empty() || url.target.starts_with("//"))
            return bad(text, "names no file");
        return url;
    }
    if (text.size() > kUrlSizeMax || std::any_of(text.begin(), text.end(), unfit))
        return bad(text.substr(0, 80),
                   "has characters that do not belong here, a user or a fragment, or is too long");
    url.scheme = text.starts_with(kHttp) ? FetchScheme::kHttp : FetchScheme::kHttps;
    if (url.scheme == FetchScheme::kHttps && !text.starts_with(kHttps))
        return bad(text, "does not begin with https://");
    url.port = url.scheme == FetchScheme::kHttp ? "80" : "443";
    const std::string_view rest =
        text.substr(url.scheme == FetchScheme::kHttp ? kHttp.size() : kHttps.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    if (rest.substr(0, slash).find('?') != std::string_view::npos)
        return bad(text, "has no path before its query");
    TRY(parse_authority(text, rest.substr(0, slash), url));
    url.target = slash < rest.size() ? rest.substr(slash) : "/";
    if (url.scheme == FetchScheme::kHttp && !url.is_loopback())
        return bad(text, "is not encrypted, which is allowed on this machine only");
    return url;
}

}  // namespace tally::app
