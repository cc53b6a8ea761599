#include "api/problem.hpp"

#include "base/json_writer.hpp"

#include <array>
#include <string>
#include <utility>

namespace tally::api {
namespace {

constexpr std::array kTitles = {
    std::pair{400, "Bad Request"},
    std::pair{401, "Unauthorized"},
    std::pair{403, "Forbidden"},
    std::pair{404, "Not Found"},
    std::pair{405, "Method Not Allowed"},
    std::pair{408, "Request Timeout"},
    std::pair{409, "Conflict"},
    std::pair{413, "Content Too Large"},
    std::pair{415, "Unsupported Media Type"},
    std::pair{422, "Unprocessable Content"},
    std::pair{429, "Too Many Requests"},
    std::pair{431, "Request Header Fields Too Large"},
    std::pair{500, "Internal Server Error"},
    std::pair{501, "Not Implemented"},
    std::pair{503, "Service Unavailable"},
    std::pair{507, "Insufficient Storage"},
};

// What the client is told of a failure that is not its own.
std::string_view public_detail(ErrorCode code) {
    if (code == ErrorCode::kUnavailable)
        return "The service cannot answer this now. The same request may succeed later.";
    if (code == ErrorCode::kResourceExhausted)
        return "The service has no room for this now: disk or memory is full. Its log says which.";
    if (code == ErrorCode::kUnknownOutcome)
        return "The outcome is unknown: the change may or may not have happened. Look it up before you ask "
               "again.";
    return "The service failed to answer. Its log has the cause under the incident's number.";
}

Response write(int status, std::string_view detail, std::string_view instance, const Error* error,
               std::string_view incident) {
    JsonWriter json;
    json.begin_object();
    json.field("type", error == nullptr
                           ? std::string("about:blank")
                           : "urn:tallyman:problem:" + std::string(error_code_name(error->code)));
    json.field("title", status_title(status));
    json.field("status", std::int64_t{status});
    json.field("detail", detail);
    json.field("instance", instance);
    if (error != nullptr)
        json.field("code", error_code_name(error->code));
    if (!incident.empty())
        json.field("incident", incident);
    if (error != nullptr && !error->pointer.empty() && status < 500) {
        json.key("errors").begin_array().begin_object();
        json.field("pointer", error->pointer).field("detail", detail);
        json.end_object().end_array();
    }
    json.end_object();
    Response response{status, "application/problem+json", {}, json.take()};
    if (status == 401)
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

}  // namespace

std::string_view status_title(int status) {
    for (const auto& [number, title] : kTitles)
        if (number == status)
            return title;
    return status < 400 ? "OK" : "Error";
}

int http_status(const Error& error) {
    switch (error.code) {
        case ErrorCode::kInvalidArgument: return 400;
        case ErrorCode::kNotFound: return 404;
        case ErrorCode::kAlreadyExists:
        case ErrorCode::kConflict:
        case ErrorCode::kDifference: return 409;
        case ErrorCode::kUnauthorized: return 401;
        case ErrorCode::kForbidden: return 403;
        case ErrorCode::kResourceExhausted: return error.pointer.empty() ? 507 : 422;
        case ErrorCode::kUnsupported: return 422;
        case ErrorCode::kUnavailable:
        case ErrorCode::kUnknownOutcome: return 503;
        case ErrorCode::kIo:
        case ErrorCode::kCorruption:
        case ErrorCode::kInternal: return 500;
    }
    return 500;
}

Response problem(const Error& error, std::string_view instance, std::string_view incident) {
    const int status = http_status(error);
    if (status >= 500)
        return write(status, public_detail(error.code), instance, &error, incident);
    return write(status, error.message, instance, &error, {});
}

Response plain_problem(int status, std::string_view detail, std::string_view instance) {
    return write(status, detail, instance, nullptr, {});
}

}  // namespace tally::api
