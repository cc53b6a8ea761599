#pragma once

#include "capture/format.hpp"

#include <cstddef>
#include <cstdint>

// What was different in version 1 of the capture segment, which is read and no longer written. The strings
// stood in another order and without separators, the headers always as "Name:Value\n", and the writer noted
// where the well-known ones stood, which the headers themselves tell as well.
namespace tally::capture::v1 {

struct FixedPart {
    capture::FixedPart same;
    unsigned char header_slices[32];
};

static_assert(sizeof(FixedPart) == 96);

inline constexpr StringIndex kStringOrder[kStringCount] = {
    kKeyId,   kCustomerId, kUsagePlan,   kStage,           kResourcePath, kMethod,
    kUriStem, kUriQuery,   kContentType, kEdgeLocation,    kDistribution, kBehaviorPattern,
    kHeaders, kPrincipal,  kDimensions,  kStringReserved14};

inline constexpr std::size_t kLengthsOffset = kFixedOffset + sizeof(FixedPart);
inline constexpr std::size_t kStringsOffset = kLengthsOffset + kStringCount * sizeof(std::uint16_t);
static_assert(kStringsOffset == 224);

}  // namespace tally::capture::v1
