#pragma once

#include "base/result.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tally::api {

// An HTTP request as routes see it; no sockets. Header names are lower case.
struct Request {
    std::string method;
    std::string path;                                        // without the query, percent-decoded by segment
    std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
    std::map<std::string, std::string> headers;
    std::string body;

    [[nodiscard]] std::optional<std::string> query_value(std::string_view name) const;
    [[nodiscard]] std::string_view header(std::string_view name) const;  // empty = absent
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

}  // namespace tally::api
