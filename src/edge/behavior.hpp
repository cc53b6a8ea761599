#pragma once

#include "base/result.hpp"
#include "edge/edge_config.hpp"

#include <string>
#include <string_view>

namespace tally::edge {

// CloudFront's path patterns: `*` stands for any text, `?` for one character, all else for itself; letters
// count as they are. A pattern without a slash at its start gets one, unless it starts with `*`.

// kInvalidArgument for an empty or overlong pattern, and for characters that no pattern may hold.
Status check_pattern(std::string_view pattern);

// The same as a regular expression for nginx's `location ~`; of a pattern that was checked.
std::string pattern_regex(std::string_view pattern);

bool pattern_fits(std::string_view pattern, std::string_view path);

// The path as nginx compares it with patterns: percent-encoding undone, `//`, `/./` and `/../` resolved, no
// query. kInvalidArgument for a path that nginx answers 400.
Result<std::string> normal_path(std::string_view target);

// Which of the configuration's behaviours takes a path: the first that fits, null when none does (the default
// behaviour, which may be configured as "*", is never meant). `path` is a normal one.
const CacheBehavior* find_behavior(const EdgeConfig& config, std::string_view path);

// The behaviour called "*"; null when it is not configured.
const CacheBehavior* default_behavior(const EdgeConfig& config);

}  // namespace tally::edge
