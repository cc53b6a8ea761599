#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string_view>

namespace tally::rating {

// Digits of the minor unit behind the point (ISO 4217): USD 2, JPY 0, KWD 3. kInvalidArgument for what is no
// currency in use; codes are three capital letters.
Result<std::int32_t> currency_digits(std::string_view code);

}  // namespace tally::rating
