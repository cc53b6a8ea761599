#include "api/router.hpp"

#include "accounts/sha256.hpp"
#include "api/problem.hpp"
#include "base/assert.hpp"

#include <algorithm>

namespace tally::api {
namespace {

constexpr std::size_t kIdempotencyKeyMax = 255;

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> out;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const std::size_t end = path.find('/');
        out.push_back(path.substr(0, end));
        path = end == std::string_view::npos ? std::string_view() : path.substr(end);
    }
    return out;
}

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// nullopt when the path is not one of the pattern's; a parameter takes one segment that is not empty.
std::optional<std::map<std::string, std::string>> match_pattern(std::string_view pattern,
                                                                std::string_view path) {
    const auto wanted = segments_of(pattern);
    const auto given = segments_of(path);
    if (wanted.size() != given.size())
        return std::nullopt;
    std::map<std::string, std::string> parameters;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!is_parameter(wanted[i])) {
            if (wanted[i] != given[i])
                return std::nullopt;
            continue;
        }
        auto value = percent_decode(given[i], false);
        if (!value || value->empty())
            return std::nullopt;
        parameters.emplace(wanted[i].substr(1, wanted[i].size() - 2), std::move(*value));
    }
    return parameters;
}

bool may_use(Access access, const Request& request) {
    switch (access) {
        case Access::kAdmin: return request.caller == Caller::kAdmin;
        case Access::kKeyHolder: return request.caller != Caller::kNobody;
        case Access::kLoopback: return request.from_loopback || request.caller == Caller::kAdmin;
        case Access::kOpen: return true;
    }
    return false;
}

Status check_input(const Route& route, const Request& request) {
    if (route.request_schema.empty() && !request.body.empty() && request.body != "{}")
        return Error{ErrorCode::kInvalidArgument, "this address takes no body"};
    std::string known;
    for (const auto& parameter : route.query)
        known += (known.empty() ? "" : ", ") + parameter.name;
    for (const auto& [name, value] : request.query) {
        const auto is_it = [&name = name](const QueryParameter& p) { return p.name == name; };
        if (std::none_of(route.query.begin(), route.query.end(), is_it))
            return Error{
                ErrorCode::kInvalidArgument,
                "unknown query parameter \"" + name + "\"; " +
                    (known.empty() ? std::string("this route takes none") : "this route takes " + known)};
    }
    return {};
}

std::string_view bearer_of(const Request& request) {
    constexpr std::string_view kScheme = "bearer ";
    const std::string_view value = request.header("authorization");
    if (value.size() <= kScheme.size())
        return {};
    for (std::size_t i = 0; i < kScheme.size(); ++i)
        if ((value[i] | 0x20) != (kScheme[i] | 0x20))
            return {};
    return value.substr(kScheme.size());
}

std::string request_digest(const Request& request) {
    std::string all = request.method + '\n' + request.path + '\n';
    for (const auto& [name, value] : request.query)
        all += name + '=' + value + '\n';
    return accounts::sha256_hex(all + '\n' + request.body);
}

bool changes_something(const Request& request) {
    return request.method == "POST" || request.method == "PATCH" || request.method == "PUT" ||
           request.method == "DELETE";
}

}  // namespace

Router::Router(RouterOptions options) : options_(std::move(options)) {
    TALLY_ASSERT(!options_.admin_token.empty(), "an empty admin token would let everyone in");
    TALLY_ASSERT(options_.random != nullptr, "incidents need numbers");
}

void Router::add(std::vector<Route> routes) {
    for (Route& route : routes) {
        for (const Route& other : routes_)
            TALLY_ASSERT(other.method != route.method || other.pattern != route.pattern,
                         "a route stands twice");
        routes_.push_back(std::move(route));
    }
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
    Match match;
    for (const Route& route : routes_) {
        auto parameters = match_pattern(route.pattern, path);
        if (!parameters)
            continue;
        // A literal segment wins over a parameter: /v1/plans/validate over /v1/plans/{id}.
        const bool better = match.route == nullptr || parameters->size() < match.parameters.size();
        if (route.method == method && better) {
            match.route = &route;
            match.parameters = std::move(*parameters);
        }
        match.allowed += (match.allowed.empty() ? "" : ", ") + route.method;
    }
    return match;
}

Cost Router::cost_of(std::string_view method, std::string_view path) const {
    const Match match = find(method, path);
    return match.route == nullptr ? Cost::kQuick : match.route->cost;
}

Response Router::handle(Request request) {
    Match match = find(request.method, request.path);
    if (match.route == nullptr) {
        const int status = match.allowed.empty() ? 404 : 405;
        counters_.add("", "", status);  // whatever was asked for, one series
        if (status == 404)
            return plain_problem(
                404, "There is nothing at this address. GET /v1/openapi.json lists what there is.",
                request.path);
        Response response = plain_problem(405, "This address takes " + match.allowed + ".", request.path);
        response.headers.emplace_back("Allow", match.allowed);
        return response;
    }
    request.parameters = std::move(match.parameters);
    Response response = answer(*match.route, request);
    counters_.add(match.route->method, match.route->pattern, response.status);
    return response;
}

void Router::identify(Request& request) const {
    const std::string_view bearer = bearer_of(request);
    if (!bearer.empty() && equal_in_constant_time(bearer, options_.admin_token.reveal())) {
        request.caller = Caller::kAdmin;
        return;
    }
    const std::string_view key = bearer.empty() ? request.header("x-api-key") : bearer;
    if (key.empty() || !options_.find_key)
        return;
    if (auto id = options_.find_key(key)) {
        request.caller = Caller::kKeyHolder;
        request.caller_key_id = std::move(*id);
    }
}

Response Router::answer(const Route& route, Request& request) {
    identify(request);
    if (!may_use(route.access, request)) {
        if (request.caller == Caller::kKeyHolder)
            return fail(Error{ErrorCode::kForbidden, "an API key does not open this address"}, request);
        return fail(Error{ErrorCode::kUnauthorized,
                          "send \"Authorization: Bearer <admin token>\"; the token is in the data folder's "
                          "file admin.token"},
                    request);
    }
    if (auto status = check_input(route, request); !status)
        return fail(status.error(), request);
    const std::string key(request.header("idempotency-key"));
    if (key.empty() || !changes_something(request))
        return run(route, request);
    if (options_.idempotency == nullptr)
        return plain_problem(501, "This server keeps no answers for Idempotency-Key.", request.path);
    if (key.size() > kIdempotencyKeyMax)
        return fail(Error{ErrorCode::kInvalidArgument, "an Idempotency-Key has at most 255 characters"},
                    request);
    return run_once(route, request, key);
}

Response Router::run_once(const Route& route, const Request& request, const std::string& key) {
    auto before = options_.idempotency->begin(key, request_digest(request));
    if (!before)
        return fail(before.error(), request);
    if (before->has_value())
        return Response{(*before)->status,
                        (*before)->content_type,
                        {{"Idempotent-Replayed", "true"}},
                        (*before)->body,
                        {}};
    auto result = route.handler(request);
    const bool unknown = !result && result.error().code == ErrorCode::kUnknownOutcome;
    Response response = result ? std::move(*result) : fail(result.error(), request);
    // A failure of ours may go away, so the same key may try again; an unknown outcome may not: the store
    // then answers that the request has to be looked up.
    if (response.status >= 500) {
        if (!unknown)
            static_cast<void>(
                options_.idempotency->abandon(key));  // left open it refuses repeats: the safe side
        return response;
    }
    const accounts::SavedAnswer answer{response.status, response.content_type,
                                       response.body_to_keep.value_or(response.body)};
    if (auto kept = options_.idempotency->finish(key, answer); !kept)
        return fail(Error{ErrorCode::kUnknownOutcome,
                          "carried out, but the answer could not be kept: " + kept.error().message},
                    request);
    return response;
}

Response Router::run(const Route& route, const Request& request) {
    auto result = route.handler(request);
    return result ? std::move(*result) : fail(result.error(), request);
}

Response Router::fail(const Error& error, const Request& request) {
    Error told = error;
    if (!options_.private_text.empty() && error.message.find(options_.private_text) != std::string::npos &&
        http_status(error) < 500)
        told.code = ErrorCode::kInternal;
    if (http_status(told) < 500)
        return problem(told, request.path, {});
    const std::string incident = make_id(*options_.random, "inc_");
    if (options_.on_failure)
        options_.on_failure(incident, request, error);
    return problem(told, request.path, incident);
}

}  // namespace tally::api
