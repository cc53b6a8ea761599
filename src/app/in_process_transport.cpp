#include "app/in_process_transport.hpp"

#include <cctype>

namespace tally::app {
namespace {

std::string lower(std::string text) {
    for (char& c : text)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

}  // namespace

Result<cli::ClientResponse> InProcessTransport::send(const cli::ClientRequest& request) {
    api::Request asked;
    asked.method = request.method;
    asked.path = request.path;
    asked.query = request.query;
    asked.from_loopback = true;
    for (const auto& [name, value] : request.headers)
        asked.headers[lower(name)] = value;
    asked.headers["authorization"] = "Bearer " + std::string(token_.reveal());
    if (!request.body.empty())
        asked.headers["content-type"] = request.content_type;
    asked.body = request.body;
    api::Response answered = router_.handle(std::move(asked));
    cli::ClientResponse response{answered.status, answered.content_type, {}, std::move(answered.body)};
    for (const auto& [name, value] : answered.headers)
        response.headers.emplace_back(lower(name), value);
    return response;
}

}  // namespace tally::app
