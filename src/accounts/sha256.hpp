#pragma once

#include <string>
#include <string_view>

namespace tally::accounts {

// Lower-case hex, 64 digits.
std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

}  // namespace tally::accounts
