#pragma once

#include "base/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tally::api {

// Who sent a request. kNobody: no credentials, or wrong ones.
enum class Caller { kNobody, kKeyHolder, kAdmin };

// An HTTP request as routes see it; no sockets. Header names are lower case.
struct Request {
    std::string method;
    std::string path;                                        // without the query, as sent (percent-encoded)
    std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
    std::map<std::string, std::string> headers;
    std::string body;

    bool from_loopback = false;  // the peer is this machine

    // Set by the router before a handler sees the request.
    std::map<std::string, std::string> parameters;  // {id} of the pattern, decoded
    Caller caller = Caller::kNobody;
    std::string caller_key_id;  // of a key holder

    [[nodiscard]] std::optional<std::string> query_value(std::string_view name) const;
    [[nodiscard]] std::string_view header(std::string_view name) const;  // empty = absent
    [[nodiscard]] std::string parameter(std::string_view name) const;
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    // What an answer that is kept for an Idempotency-Key holds instead of the body; set where the body shows
    // a secret, which is never stored.
    std::optional<std::string> body_to_keep = {};
};

// "/v1/usage?by=path&from=2026-10-01" into path and query. kInvalidArgument for a broken percent sign, and
// for a target that does not begin with a slash.
Status set_target(Request& request, std::string_view target);

// The bytes behind %XX; '+' is a blank only in queries. kInvalidArgument for a broken percent sign.
Result<std::string> percent_decode(std::string_view text, bool plus_is_blank);

}  // namespace tally::api
