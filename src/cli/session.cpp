#include "cli/session.hpp"

#include "base/file_system.hpp"

#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace tally::cli {
namespace {

// The code that a problem document names; by the status for answers that are not ours (a proxy between).
ErrorCode code_of(const JsonValue& problem, int status) {
    constexpr ErrorCode kAll[] = {ErrorCode::kInvalidArgument,   ErrorCode::kNotFound,
                                  ErrorCode::kAlreadyExists,     ErrorCode::kConflict,
                                  ErrorCode::kUnauthorized,      ErrorCode::kForbidden,
                                  ErrorCode::kResourceExhausted, ErrorCode::kIo,
                                  ErrorCode::kCorruption,        ErrorCode::kUnavailable,
                                  ErrorCode::kUnknownOutcome,    ErrorCode::kUnsupported,
                                  ErrorCode::kDifference,        ErrorCode::kInternal};
    for (const ErrorCode code : kAll)
        if (problem.text_of("code") == error_code_name(code))
            return code;
    return status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument;
}

Error error_of(const ClientResponse& response) {
    const auto problem = JsonValue::parse(response.body);
    if (!problem || problem->as_object() == nullptr)
        return Error{ErrorCode::kUnavailable, "the server answered with status " +
                                                  std::to_string(response.status) + " and no explanation"};
    Error error{code_of(*problem, response.status), std::string(problem->text_of("detail"))};
    if (error.message.empty())
        error.message = problem->text_of("title");
    if (const auto incident = problem->text_of("incident"); !incident.empty())
        error.message += " (incident " + std::string(incident) + ")";
    const JsonValue* errors = problem->find("errors");
    if (errors != nullptr && errors->as_array() != nullptr && !errors->as_array()->empty())
        error.pointer = errors->as_array()->front().text_of("pointer");
    return error;
}

}  // namespace

Result<ClientResponse> Session::fetch(const ClientRequest& request) {
    if (!transport_) {
        TRY_ASSIGN(transport_, connect_(options));
    }
    TRY_ASSIGN(auto response, transport_->send(request));
    if (response.status >= 400)
        return error_of(response);
    return response;
}

Result<JsonValue> Session::ask(const ClientRequest& request) {
    TRY_ASSIGN(const auto response, fetch(request));
    return JsonValue::parse(response.body);
}

int Session::show(const ClientRequest& request, const View& view) {
    const auto response = fetch(request);
    if (!response)
        return fail(response.error());
    if (options.format == OutputFormat::kJson) {
        out_ << response->body << "\n" << std::flush;
        return kDone;
    }
    const auto document = JsonValue::parse(response->body);
    return document ? print(*document, view) : fail(document.error());
}

int Session::show_list(ClientRequest request, const View& view) {
    JsonValue::Array all;
    request.query.emplace_back("limit", "1000");
    const std::size_t without_cursor = request.query.size();
    for (;;) {
        const auto page = ask(request);
        if (!page)
            return fail(page.error());
        const JsonValue* data = page->find("data");
        if (data != nullptr && data->as_array() != nullptr)
            all.insert(all.end(), data->as_array()->begin(), data->as_array()->end());
        const std::string next(page->text_of("next_cursor"));
        if (next.empty())
            break;
        request.query.resize(without_cursor);
        request.query.emplace_back("cursor", next);
    }
    JsonValue::Object document;
    document.emplace_back("data", JsonValue(std::move(all)));
    document.emplace_back("next_cursor", JsonValue());
    return print(JsonValue(std::move(document)), view);
}

int Session::print(const JsonValue& document, const View& view) {
    out_ << render(document, options.format, view) << std::flush;
    return kDone;
}

void Session::print_text(std::string_view text) {
    out_ << text << std::flush;
}

int Session::fail(const Error& error) {
    err_ << "error: " << error.message << "\n";
    if (!error.pointer.empty())
        err_ << "  at " << error.pointer << "\n";
    err_ << std::flush;
    if (error.code == ErrorCode::kUnknownOutcome)
        return kUnknown;
    return error.code == ErrorCode::kDifference ? kDifference : kFailed;
}

void Session::hint(std::string_view text) {
    err_ << text << "\n" << std::flush;
}

Result<std::string> Session::read_file(const std::string& path) {
    if (path == "-")
        return std::string(std::istreambuf_iterator<char>(in_), {});
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return io_error("open", path, errno);
    std::ostringstream content;
    content << file.rdbuf();
    if (file.bad())
        return io_error("read", path, errno);
    return content.str();
}

}  // namespace tally::cli
