#include "capture/segment_name.hpp"

#include <charconv>

namespace tally::capture {

std::optional<SegmentName> parse_segment_name(std::string_view file_name) {
    constexpr std::size_t kDash = 16;
    constexpr std::string_view kSuffix = ".seg";
    if (file_name.size() < kDash + 1 + 8 + kSuffix.size() || file_name[kDash] != '-' ||
        !file_name.ends_with(kSuffix))
        return std::nullopt;
    const std::string_view number =
        file_name.substr(kDash + 1, file_name.size() - kDash - 1 - kSuffix.size());
    SegmentName name;
    const auto writer_end = std::from_chars(file_name.data(), file_name.data() + kDash, name.writer, 16);
    const auto number_end = std::from_chars(number.data(), number.data() + number.size(), name.number);
    if (writer_end.ptr != file_name.data() + kDash || number_end.ptr != number.data() + number.size() ||
        number_end.ec != std::errc{})
        return std::nullopt;
    return name;
}

}  // namespace tally::capture
