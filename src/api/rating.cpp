#include "api/endpoint.hpp"
#include "api/resources.hpp"

namespace tally::api {
namespace {

using LineFunction = std::function<LineAnswer(std::string_view)>;

// One document a line in, one a line out, in order; blank lines are left out. A line that cannot be answered
// gives an error document of its own, so the status is 200 and the header counts them.
Handler each_line(LineFunction answer) {
    return [answer = std::move(answer)](const Request& request) -> Result<Response> {
        Response response{200, "application/x-ndjson", {}, {}, {}};
        std::size_t failed = 0;
        std::string_view rest = request.body;
        while (!rest.empty()) {
            const std::size_t end = rest.find('\n');
            std::string_view line = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
            if (line.find_first_not_of(" \t\r") == std::string_view::npos)
                continue;
            const LineAnswer answered = answer(line);
            failed += answered.ok ? 0 : 1;
            response.body += answered.text;
            response.body += '\n';
        }
        response.headers.emplace_back("Tallyman-Failed-Lines", std::to_string(failed));
        return response;
    };
}

Route line_route(std::string pattern, std::string summary, const LineFunction& function) {
    Route route{"POST", std::move(pattern), Access::kAdmin, Cost::kHeavy, std::move(summary), {}, kAnyObject,
                "",     each_line(function)};
    route.request_media = "application/x-ndjson";
    return route;
}

}  // namespace

std::vector<Route> rating_routes(const LineFunctions& functions) {
    return {
        line_route("/v1/rate", "Prices quantities by a plan; pure, keeps nothing.", functions.rate),
        line_route("/v1/periods", "Billing periods between two instants; pure.", functions.periods),
        line_route("/v1/wallet", "Prepaid balances over time; pure.", functions.wallet),
    };
}

}  // namespace tally::api
