#include "capture/segment_name.hpp"

#include <charconv>

#include <fmt/format.h>

namespace tally::capture {

std::string SegmentName::file_name() const {
    return fmt::format("{:016x}-{:08}.seg", writer, number);
}

std::optional<SegmentName> parse_segment_name(std::string_view file_name) {
    constexpr std::size_t kDash = 16;
    if (file_name.size() <= kDash)
        return std::nullopt;
    SegmentName name;
    const char* const dash = file_name.data() + kDash;
    std::from_chars(file_name.data(), dash, name.writer, 16);
    std::from_chars(dash + 1, file_name.data() + file_name.size(), name.number);
    // One segment, one name: upper case, more zeros or trailing characters are somebody else's file.
    if (name.file_name() != file_name)
        return std::nullopt;
    return name;
}

}  // namespace tally::capture
