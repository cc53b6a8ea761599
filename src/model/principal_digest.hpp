#pragma once

#include "base/siphash.hpp"

#include <cstddef>
#include <cstring>
#include <string_view>

namespace tally {

inline constexpr std::size_t kPrincipalSizeMax = 255;
inline constexpr std::size_t kIssuerSizeMax = 512;

// Where a token's principal stands in the key table: under a key of its own, derived from the table's secret,
// so that no API key can have the digest of a principal. Free of the C++ library, because the nginx module
// uses it. Longer texts than the two limits have no digest of their own: both sides refuse them before.
inline Digest128 principal_digest(SipKey secret, std::string_view issuer, std::string_view principal) {
    static constexpr char kPurpose[] = "tallyman principal 1";
    const Digest128 derived = siphash128(secret, kPurpose, sizeof kPurpose - 1);
    char text[kIssuerSizeMax + 1 + kPrincipalSizeMax];
    const std::size_t issuer_size = issuer.size() < kIssuerSizeMax ? issuer.size() : kIssuerSizeMax;
    const std::size_t size = principal.size() < kPrincipalSizeMax ? principal.size() : kPrincipalSizeMax;
    std::memcpy(text, issuer.data(), issuer_size);
    text[issuer_size] = '\0';
    std::memcpy(text + issuer_size + 1, principal.data(), size);
    return siphash128(SipKey{derived.low, derived.high}, text, issuer_size + 1 + size);
}

}  // namespace tally
