#include "accounts/sha256.hpp"

#include "accounts/hex.hpp"
#include "base/assert.hpp"

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace tally::accounts {

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, 32> out{};
    unsigned int size = 0;
    const int done = EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr);
    TALLY_ASSERT(done == 1 && size == out.size(), "SHA-256 is always there");
    return to_hex({reinterpret_cast<const char*>(out.data()), out.size()});
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
    std::array<unsigned char, 32> out{};
    unsigned int size = 0;
    const auto* text = reinterpret_cast<const unsigned char*>(bytes.data());
    const unsigned char* done =
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text, bytes.size(), out.data(), &size);
    TALLY_ASSERT(done != nullptr && size == out.size(), "HMAC-SHA-256 is always there");
    return to_hex({reinterpret_cast<const char*>(out.data()), out.size()});
}

}  // namespace tally::accounts
