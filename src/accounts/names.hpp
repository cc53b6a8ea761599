#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string_view>

namespace tally::accounts {

inline constexpr std::size_t kNameSizeMax = 256;

// A text that people gave and that will be shown to others: 1 to 256 bytes of UTF-8 without control
// characters and without blanks at its ends. kInvalidArgument with `pointer`.
Status check_name(std::string_view text, std::string_view pointer);

bool is_utf8(std::string_view text);

}  // namespace tally::accounts
