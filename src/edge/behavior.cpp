#include "edge/behavior.hpp"

#include "edge/query_masking.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace tally::edge {
namespace {

constexpr std::size_t kPatternSizeMax = 255;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string with_slash(std::string_view pattern) {
    const bool complete = pattern.starts_with('/') || pattern.starts_with('*');
    return (complete ? "" : "/") + std::string(pattern);
}

Error bad_path(std::string_view target) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("\"{}\" is not a path that nginx takes: it must start with / and must not lead "
                             "above the root; it is answered 400.",
                             target)};
}

std::string decoded(std::string_view path) {
    std::string out(path.size(), '\0');
    out.resize(percent_decode(reinterpret_cast<const unsigned char*>(path.data()), path.size(),
                              reinterpret_cast<unsigned char*>(out.data()), out.size()));
    return out;
}

}  // namespace

Status check_pattern(std::string_view pattern) {
    const auto allowed = [](char c) {
        return is_letter_or_digit(c) || std::string_view("/*?-_.~@:+&%!,=").find(c) != std::string_view::npos;
    };
    if (!pattern.empty() && pattern.size() <= kPatternSizeMax &&
        std::all_of(pattern.begin(), pattern.end(), allowed))
        return {};
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("\"{}\" is not a path pattern: 1 to {} letters, digits and / - _ . ~ @ : + & % "
                             "! , = with * for any text and ? for one character, such as \"/static/*\"",
                             pattern, kPatternSizeMax)};
}

std::string pattern_regex(std::string_view pattern) {
    std::string regex = "(?s)^";
    for (const char c : with_slash(pattern)) {
        if (c == '*')
            regex += ".*";
        else if (c == '?')
            regex += '.';
        else if (c == '.' || c == '+')
            regex += {'[', c, ']'};
        else
            regex += c;
    }
    return regex + "$";
}

bool pattern_fits(std::string_view raw, std::string_view path) {
    const std::string pattern = with_slash(raw);
    std::size_t at = 0;
    std::size_t star = std::string::npos;
    std::size_t star_path = 0;
    for (std::size_t i = 0; i < path.size();) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            star_path = i;
        } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == path[i])) {
            ++at;
            ++i;
        } else if (star != std::string::npos) {
            at = star + 1;
            i = ++star_path;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at) == std::string::npos;
}

Result<std::string> normal_path(std::string_view target) {
    const std::string path = decoded(target.substr(0, target.find_first_of("?#")));
    if (!path.starts_with('/') || path.find('\0') != std::string::npos)
        return bad_path(target);
    std::vector<std::string> parts;
    bool folder = false;
    for (std::size_t start = 1; start <= path.size();) {
        const std::size_t stop = std::min(path.find('/', start), path.size());
        const std::string part = path.substr(start, stop - start);
        folder = part.empty() || part == "." || part == "..";
        if (part == "..") {
            if (parts.empty())
                return bad_path(target);
            parts.pop_back();
        } else if (!folder) {
            parts.push_back(part);
        }
        start = stop + 1;
    }
    std::string normal;
    for (const std::string& part : parts)
        normal += "/" + part;
    return normal + (folder || normal.empty() ? "/" : "");
}

const CacheBehavior* find_behavior(const EdgeConfig& config, std::string_view path) {
    for (const CacheBehavior& behavior : config.behaviors)
        if (behavior.path != "*" && pattern_fits(behavior.path, path))
            return &behavior;
    return nullptr;
}

const CacheBehavior* default_behavior(const EdgeConfig& config) {
    for (const CacheBehavior& behavior : config.behaviors)
        if (behavior.path == "*")
            return &behavior;
    return nullptr;
}

}  // namespace tally::edge
