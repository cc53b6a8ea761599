#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tally::lake {

// Iceberg's single-value serialization (table spec, appendix D): numbers little-endian, strings as they are.
std::string serialize_int(std::int32_t value);
std::string serialize_long(std::int64_t value);
std::string serialize_double(double value);
Result<std::int32_t> parse_int_bound(std::string_view bytes);

// Characters of a string bound that are kept, as by Iceberg's default metrics mode truncate(16).
inline constexpr std::size_t kBoundCharacters = 16;

// At most `characters` code points of a valid UTF-8 text: never greater than the text.
std::string_view lower_string_bound(std::string_view text, std::size_t characters = kBoundCharacters);

// A text of at most `characters` code points that is not smaller than `text`, in code point order. A text
// that had to be cut has its last code point raised by one; where that is the greatest one (U+10FFFF), it is
// dropped and the one before it raised. nullopt when none can be raised: then there is no upper bound, which
// readers take as "could be anything".
std::optional<std::string> upper_string_bound(std::string_view text,
                                              std::size_t characters = kBoundCharacters);

}  // namespace tally::lake
