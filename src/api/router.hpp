#pragma once

#include "accounts/idempotency.hpp"
#include "api/http.hpp"
#include "api/request_counters.hpp"
#include "api/route.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tally::api {

// What the router asks of its surroundings.
struct RouterOptions {
    Secret admin_token;
    // The public id of the key that has this value and may be used; nullopt for every other value. Empty: no
    // key holder is ever let in.
    std::function<std::optional<std::string>(std::string_view key)> find_key;
    // Keeps answers for Idempotency-Key; null: the header is refused with 501.
    accounts::IdempotencyStore* idempotency = nullptr;
    // Hears of every error that the client is told as a 5xx, with the incident's number.
    std::function<void(std::string_view incident, const Request&, const Error&)> on_failure;
    // Text that must never reach a client, such as the data folder's path: an error that contains it is
    // answered as an internal one.
    std::string private_text;
    RandomSource* random = nullptr;  // must outlive the router, as the store
};

// Finds the route of a request, checks who asks and what for, runs the handler and turns errors into
// problem+json. Without sockets: the server and the CLI's in-process transport both end here, so they cannot
// give different answers. handle() is thread-safe once every route has been added.
class Router {
  public:
    explicit Router(RouterOptions options);

    void add(std::vector<Route> routes);

    [[nodiscard]] Response handle(Request request);

    // The cost of the route that would answer; kQuick where none would.
    [[nodiscard]] Cost cost_of(std::string_view method, std::string_view path) const;

    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

    [[nodiscard]] const RequestCounters& counters() const { return counters_; }

  private:
    struct Match {
        const Route* route = nullptr;
        std::map<std::string, std::string> parameters;
        std::string allowed;  // methods of the path, when the path is right and the method is not
    };

    [[nodiscard]] Match find(std::string_view method, std::string_view path) const;
    [[nodiscard]] Response answer(const Route& route, Request& request);
    [[nodiscard]] Response run(const Route& route, const Request& request);
    [[nodiscard]] Response run_once(const Route& route, const Request& request, const std::string& key);
    [[nodiscard]] Response fail(const Error& error, const Request& request);
    void identify(Request& request) const;

    RouterOptions options_;
    std::vector<Route> routes_;
    RequestCounters counters_;
};

}  // namespace tally::api
