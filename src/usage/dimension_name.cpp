#include "usage/dimension_name.hpp"

#include "model/dimensions.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace tally::usage {
namespace {

constexpr std::string_view kPrefix = "dimensions.";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name_character(char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool has_prefix(std::string_view text) {
    return text.size() > kPrefix.size() &&
           std::equal(kPrefix.begin(), kPrefix.end(), text.begin(),
                      [](char wanted, char given) { return wanted == lower(given); });
}

// How many bytes at the start of `text` are a text, a quoted name or a comment; 0 when none begins there.
std::size_t quoted_size(std::string_view text) {
    const auto up_to = [text](std::string_view end, std::size_t from) {
        const std::size_t found = text.find(end, from);
        return found == std::string_view::npos ? text.size() : found + end.size();
    };
    if (text.starts_with('\'') || text.starts_with('"'))
        return up_to(text.substr(0, 1), 1);
    if (text.starts_with("--"))
        return up_to("\n", 2);
    return text.starts_with("/*") ? up_to("*/", 2) : 0;
}

// The dimension's name that `text` starts with, behind the prefix, and how many bytes it takes there.
struct Name {
    std::string name;
    std::size_t size = 0;  // 0 = there is no name of a dimension
};

Name read_name(std::string_view text) {
    if (text.starts_with('"')) {
        const std::size_t end = std::min(text.find('"', 1), text.size());
        const std::string_view name = text.substr(1, end - 1);
        return is_dimension_name(name) && end < text.size() ? Name{std::string(name), end + 1} : Name{};
    }
    Name read;
    while (read.size < text.size() && (is_name_character(text[read.size]) || text[read.size] == '-') &&
           !text.substr(read.size).starts_with("--"))
        read.name += lower(text[read.size++]);
    return is_dimension_name(read.name) ? read : Name{};
}

}  // namespace

std::optional<std::string> dimension_of(std::string_view name) {
    if (!name.starts_with(kPrefix) || !is_dimension_name(name.substr(kPrefix.size())))
        return std::nullopt;
    return std::string(name.substr(kPrefix.size()));
}

std::string dimension_sql(std::string_view dimension) {
    return fmt::format("json_extract_string(dimensions, '{}')", dimension);
}

std::string with_dimensions(std::string_view condition) {
    std::string sql;
    bool starts_word = true;
    while (!condition.empty()) {
        std::size_t size = quoted_size(condition);
        if (size == 0 && starts_word && has_prefix(condition)) {
            const Name read = read_name(condition.substr(kPrefix.size()));
            if (read.size != 0) {
                sql += dimension_sql(read.name);
                condition.remove_prefix(kPrefix.size() + read.size);
                starts_word = false;
                continue;
            }
        }
        size = std::max<std::size_t>(size, 1);
        sql += condition.substr(0, size);
        starts_word = !is_name_character(condition[size - 1]) && condition[size - 1] != '.';
        condition.remove_prefix(size);
    }
    return sql;
}

}  // namespace tally::usage
