#pragma once

#include "accounts/keys.hpp"
#include "api/route.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"

#include <cstdint>
#include <functional>
#include <optional>
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

// How many more requests a customer's prepaid credit lets in, as the edge counts them; nullopt = pays later.
using PaidAhead = std::function<std::optional<std::uint64_t>(const CustomerId&)>;

// POST /v1/edge/test: what a request would get, without making it. The arguments outlive the routes.
std::vector<Route> edge_test_routes(EdgeMap& edge, accounts::Keys& keys, PaidAhead paid_ahead,
                                    const Clock& clock);

}  // namespace tally::api
