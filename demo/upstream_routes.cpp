#include "demo/upstream_routes.hpp"

#include <algorithm>
#include <charconv>
#include <random>

#include <boost/json.hpp>

namespace tally::demo {
namespace {

namespace json = boost::json;

std::string_view query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name)
            return pair.substr(equals + 1);
    }
    return {};
}

// As the sample does: out of range values are clamped, not refused.
int clamped(std::string_view text, int fallback, int low, int high) {
    int value = fallback;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return std::clamp(value, low, high);
}

std::string_view alphabet(std::string_view name) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (name.empty() || name == "letters")
        return kLetters;
    if (name == "lowercase")
        return kLetters.substr(0, 26);
    if (name == "uppercase")
        return kLetters.substr(26);
    if (name == "digits")
        return "0123456789";
    return {};
}

UpstreamAnswer random_strings(std::string_view query, std::uint64_t seed) {
    const std::string_view letters = alphabet(query_value(query, "chars"));
    if (letters.empty())
        return {502, R"({"message":"Internal server error"})"};
    const int count = clamped(query_value(query, "num"), 1, 1, 100);
    const int length = clamped(query_value(query, "len"), 1, 1, 20);
    std::mt19937_64 random(seed);
    json::array strings;
    for (int i = 0; i < count; ++i) {
        std::string text;
        for (int k = 0; k < length; ++k)
            text.push_back(letters[random() % letters.size()]);
        strings.emplace_back(text);
    }
    return {200, json::serialize(strings)};
}

UpstreamAnswer example(bool has_key) {
    return {200, json::serialize(json::object{{"message", "Hello from the example endpoint"},
                                              {"authenticated", has_key},
                                              {"hint", "this call was metered"}})};
}

UpstreamAnswer data(std::string_view body, bool has_key) {
    json::error_code error;
    const json::value received = json::parse(body.empty() ? "null" : body, error);
    if (error)
        return {400, R"({"error":"the body is not JSON"})"};
    return {200, json::serialize(json::object{
                     {"message", "Data received"}, {"authenticated", has_key}, {"receivedData", received}})};
}

}  // namespace

UpstreamAnswer answer(std::string_view method, std::string_view target, std::string_view body, bool has_key,
                      std::uint64_t seed) {
    const std::string_view path = target.substr(0, target.find('?'));
    const std::string_view query = path.size() < target.size() ? target.substr(path.size() + 1) : "";
    const bool reads = method == "GET" || method == "HEAD";
    if (path == "/example" && reads)
        return example(has_key);
    if (path == "/data" && method == "POST")
        return data(body, has_key);
    if (path == "/random/strings" && reads)
        return random_strings(query, seed);
    if (path == "/example" || path == "/data" || path == "/random/strings")
        return {405, R"({"error":"method not allowed"})"};
    return {404, R"({"error":"not found"})"};
}

}  // namespace tally::demo
