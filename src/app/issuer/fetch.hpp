#pragma once

#include "app/issuer/fetch_url.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace tally::app {

struct FetchOptions {
    std::size_t size_max = 256UL * 1024;                           // of the document
    std::chrono::milliseconds time_max = std::chrono::seconds(5);  // after the host's name is resolved
    bool private_addresses = false;  // also of a name that leads into a private network
    // The IP addresses of a name; tests put their own here.
    std::function<Result<std::vector<std::string>>(const std::string& host)> resolve = {};
};

// A document by GET, or a file's content. Over TLS 1.2 or later, with a certificate that the machine's
// authorities vouch for (SSL_CERT_FILE and SSL_CERT_DIR name others) and that is the host's. No redirect is
// followed, nothing but status 200 is taken, and no proxy is asked.
//
// The name is resolved once, every address it has must be public (or, where the URL says so, of this
// machine), and the connection goes to such an address, so a name that changes its mind leads nowhere else.
// kForbidden when an address is not allowed; kUnavailable, or what the file system said, otherwise. Blocks.
Result<std::string> fetch(const FetchUrl& url, const FetchOptions& options);

}  // namespace tally::app
