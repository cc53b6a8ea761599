#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tally::cli {

struct ClientRequest {
    std::string method = "GET";
    std::string path;  // percent-encoded, see path_of
    std::vector<std::pair<std::string, std::string>> query = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    std::string content_type = "application/json";
};

struct ClientResponse {
    int status = 0;
    std::string content_type;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;

    [[nodiscard]] std::string_view header(std::string_view name) const;  // empty = absent
};

// The way to the API: over HTTP, or to the same routes in this process. The caller is the admin.
class Transport {
  public:
    virtual ~Transport() = default;
    // The answer, whatever its status. kUnavailable: the request was certainly not taken; kUnknownOutcome: it
    // was sent and may have changed something, but no answer came.
    [[nodiscard]] virtual Result<ClientResponse> send(const ClientRequest& request) = 0;
};

// "/v1/customers/ACME%20Inc": each part percent-encoded.
std::string path_of(const std::vector<std::string>& parts);

// "?by=path&from=…", or empty.
std::string query_string(const std::vector<std::pair<std::string, std::string>>& query);

}  // namespace tally::cli
