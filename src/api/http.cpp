#include "api/http.hpp"

namespace tally::api {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

Status add_query_pair(Request& request, std::string_view pair) {
    const std::size_t equals = pair.find('=');
    const bool has_value = equals != std::string_view::npos;
    TRY_ASSIGN(std::string name, percent_decode(pair.substr(0, equals), true));
    TRY_ASSIGN(std::string value, percent_decode(has_value ? pair.substr(equals + 1) : "", true));
    request.query.emplace_back(std::move(name), std::move(value));
    return {};
}

}  // namespace

std::optional<std::string> Request::query_value(std::string_view name) const {
    for (const auto& [key, value] : query)
        if (key == name)
            return value;
    return std::nullopt;
}

std::string_view Request::header(std::string_view name) const {
    const auto found = headers.find(std::string(name));
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string Request::parameter(std::string_view name) const {
    const auto found = parameters.find(std::string(name));
    return found == parameters.end() ? std::string() : found->second;
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_blank) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return Error{ErrorCode::kInvalidArgument,
                             "a percent sign in the address is not followed by two hexadecimal digits"};
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

Status set_target(Request& request, std::string_view target) {
    if (target.empty() || target.front() != '/')
        return Error{ErrorCode::kInvalidArgument, "the request target does not begin with a slash"};
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    while (!rest.empty()) {
        const std::size_t end = rest.find('&');
        if (const std::string_view pair = rest.substr(0, end); !pair.empty())
            TRY(add_query_pair(request, pair));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return {};
}

}  // namespace tally::api
