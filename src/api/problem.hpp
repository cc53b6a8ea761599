#pragma once

#include "api/http.hpp"
#include "base/error.hpp"

#include <string_view>

namespace tally::api {

// The HTTP status that says what an error says. An unknown outcome is 503: the client must look before it
// asks again, and the problem's code says so. A limit that the request itself has met (the error points into
// it) is 422, one of the machine (full disk) is 507.
int http_status(const Error& error);

// The answer for an error: RFC 9457 application/problem+json with type, title, status, detail, instance (the
// request's path), our own "code" (error_code_name) and errors[{pointer, detail}] where the error has a
// pointer. A 5xx says nothing of what is inside (no path, no SQL): its message goes to the log, and
// `incident`, which is in both, ties them.
Response problem(const Error& error, std::string_view instance, std::string_view incident);

// A problem that has no Error behind it: 404 of an unknown route, 405, 413, 431.
Response plain_problem(int status, std::string_view detail, std::string_view instance);

std::string_view status_title(int status);

}  // namespace tally::api
