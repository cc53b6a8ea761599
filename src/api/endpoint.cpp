#include "api/endpoint.hpp"

#include <charconv>

namespace tally::api {

Result<std::int64_t> whole_number(std::string_view name, std::string_view text, std::int64_t min,
                                  std::int64_t max) {
    std::int64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec == std::errc() && end.ptr == text.data() + text.size() && value >= min && value <= max)
        return value;
    return Error{ErrorCode::kInvalidArgument, std::string(name) + "=\"" + std::string(text) +
                                                  "\" is not a whole number from " + std::to_string(min) +
                                                  " to " + std::to_string(max)};
}

Result<accounts::PageRequest> read_page(const Request& request) {
    accounts::PageRequest page;
    if (const auto limit = request.query_value("limit")) {
        TRY_ASSIGN(const std::int64_t value,
                   whole_number("limit", *limit, 1, static_cast<std::int64_t>(accounts::kPageLimitMax)));
        page.limit = static_cast<std::size_t>(value);
    }
    page.cursor = request.query_value("cursor").value_or("");
    return page;
}

std::vector<QueryParameter> page_parameters() {
    return {{"limit", "how many at most, 1 to 1000; default 50"},
            {"cursor", "next_cursor of the page before; absent = from the start"}};
}

}  // namespace tally::api
