#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace tally::app {

enum class FetchScheme { kHttps, kHttp, kFile };

// Where a document that the configuration names is fetched from.
struct FetchUrl {
    FetchScheme scheme = FetchScheme::kHttps;
    std::string host;    // a name or an IP address without brackets; empty for a file
    std::string port;    // digits
    std::string target;  // path and query, beginning with a slash; of a file its path
    bool operator==(const FetchUrl&) const = default;

    // "localhost", 127.0.0.0/8 or ::1 as it was written: meant for this machine.
    [[nodiscard]] bool is_loopback() const;
    [[nodiscard]] bool has_address() const;

    // Host and port as they stand in an URL.
    [[nodiscard]] std::string authority() const;

    // "https://host/path", "http://…" on this machine only, "file:path". Visible ASCII; no user, no fragment,
    // no IP address in another spelling than the usual one. kInvalidArgument says what is wrong.
    static Result<FetchUrl> parse(std::string_view text);
};

}  // namespace tally::app
