#pragma once

#include "api/route.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tally::api {

// The OpenAPI 3.1 document of these routes: what is served is what is described, because both are read from
// the same table.
std::string openapi_document(const std::vector<Route>& routes, std::string_view version);

// GET /v1/openapi.json over the routes of `all`, which must outlive it and hold every route when it is asked.
Route openapi_route(const std::vector<Route>& all, std::string version);

}  // namespace tally::api
