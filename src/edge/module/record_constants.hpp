#pragma once

#include "edge/module/ngx.hpp"

#include <cstddef>
#include <cstdint>

namespace tally::edge {

struct LocationConfig;

// What the records of one location have in common, as it stands in them: stage, edge location, distribution
// and behaviour pattern, one behind the other. Made with the configuration.
struct RecordConstants {
    std::uint64_t lengths;  // the four strings' lengths, 16 bits each, the first lowest
    std::size_t size;       // of all four
    u_char* bytes;          // zeros follow up to a multiple of kConstantsBlock
};

inline constexpr std::size_t kConstantsBlock = 32;

// The location that is being merged. False when memory ran out.
bool make_constants(ngx_conf_t* cf, const LocationConfig& config, RecordConstants& out);

}  // namespace tally::edge
