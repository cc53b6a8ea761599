#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace tally::lake {

// Raw deflate (RFC 1951), as in Avro's blocks.
Result<std::string> deflate_raw(std::string_view bytes);

// kCorruption for bytes that are no deflate stream; kResourceExhausted when the result would be larger than
// `size_max`.
Result<std::string> inflate_raw(std::string_view bytes, std::size_t size_max);

}  // namespace tally::lake
