#pragma once

#include "edge/token/jwks.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace tally::test {

// What a token issuer does: keys made at run time, their JWKS members, and tokens signed with them.
class SigningKey {
  public:
    static SigningKey rsa(std::string kid, int bits = 2048);
    static SigningKey p256(std::string kid);
    static SigningKey ed25519(std::string kid);
    // P-384, to be refused.
    static SigningKey p384(std::string kid);

    [[nodiscard]] const std::string& kid() const { return kid_; }

    // RS256, ES256 or EdDSA.
    [[nodiscard]] const std::string& algorithm() const { return algorithm_; }

    // One element of a key set's "keys".
    [[nodiscard]] std::string jwk() const;
    [[nodiscard]] edge::IssuerKey public_key() const;
    [[nodiscard]] std::string public_pem() const;

    // As JWS has it: raw r and s for ES256.
    [[nodiscard]] std::string sign(std::string_view text) const;
    // RSASSA-PSS with SHA-256 by an RSA key.
    [[nodiscard]] std::string sign_pss(std::string_view text) const;
    // ECDSA in DER, as it must not stand in a token.
    [[nodiscard]] std::string sign_der(std::string_view text) const;

    // {"alg":…,"typ":"JWT","kid":…}
    [[nodiscard]] std::string header() const;

    [[nodiscard]] std::string token(std::string_view claims) const { return token(header(), claims); }

    [[nodiscard]] std::string token(std::string_view header, std::string_view claims) const;

  private:
    struct Key;
    SigningKey(std::string kid, std::string algorithm, std::shared_ptr<Key> key);

    std::string kid_;
    std::string algorithm_;
    std::shared_ptr<Key> key_;
};

// One key for all tests of a program: making an RSA key takes long.
template <auto Make>
const SigningKey& key_of(const char* kid) {
    static const SigningKey key = [kid] {
        if constexpr (requires { Make(kid, 2048); })
            return Make(kid, 2048);
        else
            return Make(kid);
    }();
    return key;
}

std::string base64url(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view text);

// {"keys":[…]}
std::string key_set(const std::vector<SigningKey>& keys);

}  // namespace tally::test
