#pragma once

#include "accounts/keys.hpp"
#include "api/route.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tally::api {

// What the edge's configuration says of a request.
struct EdgeRoute {
    std::string behavior;  // its path pattern; "*" = what no other one takes
    bool method_allowed = true;
    bool anonymous = false;  // a key is not needed
    bool cached = false;
    bool durable = false;
    std::vector<std::string> upstreams;
    std::string url;       // where the edge answers
    bool running = false;  // whether nginx does
};

// A port: app implements it over the configuration. kInvalidArgument for a path that nginx answers 400.
class EdgeMap {
  public:
    virtual ~EdgeMap() = default;
    [[nodiscard]] virtual Result<EdgeRoute> route(std::string_view method, std::string_view path) = 0;
};

// POST /v1/edge/test: what a request would get, without making it. The arguments outlive the routes.
std::vector<Route> edge_test_routes(EdgeMap& edge, accounts::Keys& keys, const Clock& clock);

}  // namespace tally::api
