#pragma once

#include "base/result.hpp"
#include "edge/token/verification_key.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tally::edge {

// A public key that the edge can verify tokens with.
struct IssuerKey {
    std::string kid;  // at most kKidSizeMax bytes; empty = it has no name
    TokenAlgorithm algorithm = TokenAlgorithm::kNone;
    std::string der;  // SubjectPublicKeyInfo
    bool operator==(const IssuerKey&) const = default;
};

struct Jwks {
    std::vector<IssuerKey> keys;       // in their order, at most kJwksKeysMax, at least one
    std::vector<std::string> skipped;  // "key 2 (\"abc\"): RSA of 1024 bits", for the log
};

inline constexpr std::size_t kJwksSizeMax = 256UL * 1024;

// Reads a JSON Web Key Set (RFC 7517). Taken are RSA keys of 2048 to 8192 bits with an exponent of at least
// 65537, P-256 and Ed25519 (RFC 8037), whose "use", "key_ops" and "alg", where they are there, say that they
// verify RS256, ES256 and EdDSA; private members and certificates are not looked at. Others are skipped.
// kInvalidArgument for what is no key set, for two keys of one name and algorithm, and where none is left.
Result<Jwks> parse_jwks(std::string_view json);

}  // namespace tally::edge
