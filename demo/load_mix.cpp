#include "demo/load_mix.hpp"

#include <array>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

namespace tally::demo {
namespace {

struct Shape {
    std::string_view method;
    std::string_view path;
    std::string_view query;
    std::string_view body;
};

// Six that succeed, then four that fail as calls of a real API do.
constexpr std::array<Shape, 10> kShapes = {{
    {"GET", "/example", "", ""},
    {"GET", "/random/strings", "chars=letters&num=20&len=20", ""},
    {"POST", "/data", "", R"({"order":17,"items":["a","b"]})"},
    {"GET", "/random/strings", "chars=digits&num=100&len=20", ""},
    {"GET", "/example", "", ""},
    {"HEAD", "/example", "", ""},
    {"GET", "/random/strings", "chars=runes", ""},
    {"GET", "/nowhere", "", ""},
    {"POST", "/data", "", "not json"},
    {"DELETE", "/example", "", ""},
}};

// Failures (the last four shapes) are one in ten.
const Shape& shape_of(std::uint64_t n) {
    return n % 10 == 9 ? kShapes[6 + (n / 10) % 4] : kShapes[n % 6];
}

}  // namespace

PlannedRequest plan_request(const std::vector<Caller>& callers, const std::string& run, std::uint64_t n) {
    const Caller& caller = callers[(n / 7 + n) % callers.size()];
    const Shape& shape = shape_of(n);
    PlannedRequest request{fmt::format("{}-{}", run, n), caller.label, std::string(shape.method),
                           std::string(shape.path), ""};
    const std::string key = caller.key.empty() ? "" : fmt::format("X-Api-Key: {}\r\n", caller.key);
    const std::string length =
        shape.method == "POST"
            ? fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", shape.body.size())
            : "";
    request.bytes = fmt::format(
        "{} {}?{}{}rid={} HTTP/1.1\r\nHost: api.example.test\r\n{}User-Agent: load-client/1.0 (demo)\r\n"
        "Accept: application/json\r\nAccept-Encoding: identity\r\n{}\r\n{}",
        shape.method, shape.path, shape.query, shape.query.empty() ? "" : "&", request.id, key, length,
        shape.body);
    return request;
}

std::vector<Caller> read_callers(const std::string& file) {
    std::vector<Caller> callers;
    std::ifstream in(file);
    for (std::string label, key; in >> label >> key;)
        callers.push_back({label, key == "-" ? "" : key});
    return callers;
}

}  // namespace tally::demo
