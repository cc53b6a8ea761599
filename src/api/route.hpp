#pragma once

#include "api/http.hpp"
#include "base/result.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tally::api {

// Who may use a route. A route has exactly one of these; there is no default, so a new one cannot be left
// open by omission.
enum class Access {
    kAdmin,      // the admin token
    kKeyHolder,  // the admin token, or an API key, for the caller's own data (the handler narrows it)
    kLoopback,   // anyone on this machine; the admin token from elsewhere
    kOpen,       // anyone
};

// Quick routes touch the state database; heavy ones run queries or commits and get threads of their own, so
// that they never hold up the others.
enum class Cost { kQuick, kHeavy };

struct QueryParameter {
    std::string name;
    std::string meaning;
};

using Handler = std::function<Result<Response>(const Request&)>;

// One method on one path: what the router needs, and the route's piece of the OpenAPI document.
struct Route {
    std::string method;
    std::string pattern;  // "/v1/customers/{id}"
    Access access;
    Cost cost;
    std::string summary;                // one sentence
    std::vector<QueryParameter> query;  // any other is 400
    std::string request_schema;         // JSON Schema of the body; empty = it takes none
    std::string answer_schema;          // JSON Schema of the 2xx answer; empty = not JSON
    Handler handler;
    int success = 200;
    std::string request_media = "application/json";
};

}  // namespace tally::api
