#pragma once

#include <string>
#include <string_view>

namespace tally {

// Response headers that the operator chose for metering, as they travel: the edge writes "name=value\n" for
// each into the capture log (RequestRecord::dimensions), and the lake's column `dimensions` holds JSON.

// At most so many names, and bytes of a name and of a value. A longer value is cut to this size and ends in
// kCutMark, so that a number that was cut is no number any more.
inline constexpr unsigned kDimensionsMax = 16;
inline constexpr unsigned kDimensionNameMax = 64;
inline constexpr unsigned kDimensionValueMax = 256;
inline constexpr std::string_view kCutMark = "\xE2\x80\xA6";  // U+2026

// Lower-case letters, digits, '-' and '_', beginning with a letter: what a header's name may be to be a
// dimension. Such a name needs no quoting in JSON paths.
constexpr bool is_dimension_name(std::string_view name) {
    if (name.empty() || name.size() > kDimensionNameMax || name[0] < 'a' || name[0] > 'z')
        return false;
    for (const char c : name)
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_')
            return false;
    return true;
}

// Appends the lines as one JSON object of texts in their order: {"x-model":"small","x-tokens-used":"17"}.
// Always valid UTF-8: other bytes and control characters stand as %XX. A last line without its end was cut:
// its value gets kCutMark, and without a '=' it is left out. Nothing is appended when there is no line.
void append_dimensions_json(std::string_view lines, std::string& out);

}  // namespace tally
