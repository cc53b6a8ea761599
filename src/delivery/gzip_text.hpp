#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace tally::delivery {

// A gzip file (RFC 1952) of the text: one member, no name, no time, so that the same text gives the same
// bytes. kResourceExhausted when there is no memory.
Result<std::string> gzip_text(std::string_view text);

}  // namespace tally::delivery
