#pragma once

#include "accounts/page.hpp"
#include "api/http.hpp"
#include "api/route.hpp"
#include "base/json_writer.hpp"
#include "base/result.hpp"

#include <string>
#include <utility>
#include <vector>

// What the resources' files are written with. An endpoint is three functions that never mix: read makes the
// input from the request, process does the work and sees neither HTTP nor JSON, write makes the answer.
namespace tally::api {

// read: const Request& -> Result<Input>; process: Input -> Result<Output>; write: const Output& ->
// std::string.
template <class Read, class Process, class Write>
Handler endpoint(Read read, Process process, Write write, int status = 200) {
    return [read = std::move(read), process = std::move(process), write = std::move(write),
            status](const Request& request) -> Result<Response> {
        TRY_ASSIGN(auto input, read(request));
        TRY_ASSIGN(auto output, process(input));
        return Response{status, "application/json", {}, write(output), {}};
    };
}

// Readers that many endpoints share.
inline Result<std::string> read_id(const Request& request) {
    return request.parameter("id");
}

Result<accounts::PageRequest> read_page(const Request& request);

// The two query parameters of every list.
std::vector<QueryParameter> page_parameters();

// A whole number in a query parameter. kInvalidArgument names the parameter.
Result<std::int64_t> whole_number(std::string_view name, std::string_view text, std::int64_t min,
                                  std::int64_t max);

// {"data":[…],"next_cursor":…}, each item written by write(json, item).
template <class T, class Write>
std::string list_to_json(const std::vector<T>& items, std::string_view next_cursor, Write write) {
    JsonWriter json;
    json.begin_object().key("data").begin_array();
    for (const T& item : items)
        write(json, item);
    json.end_array().field_or_null("next_cursor", next_cursor).end_object();
    return json.take();
}

// JSON Schemas that many routes share.
inline constexpr const char* kAnyObject = R"({"type":"object"})";
inline constexpr const char* kListSchema =
    R"({"type":"object","required":["data","next_cursor"],"properties":{"data":{"type":"array",)"
    R"("items":{"type":"object"}},"next_cursor":{"type":["string","null"]}}})";

}  // namespace tally::api
