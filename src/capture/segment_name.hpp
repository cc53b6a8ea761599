#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tally::capture {

// What a segment's file name says: "<writer, 16 hex digits>-<number, 8 decimal digits>.seg".
struct SegmentName {
    std::uint64_t writer = 0;
    std::uint64_t number = 0;
    auto operator<=>(const SegmentName&) const = default;

    [[nodiscard]] std::string file_name() const;
};

// nullopt for any name that file_name() does not give, among them the ".tmp" names of segments that are being
// made.
std::optional<SegmentName> parse_segment_name(std::string_view file_name);

}  // namespace tally::capture
