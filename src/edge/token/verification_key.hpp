#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// OpenSSL's EVP_PKEY.
struct evp_pkey_st;

namespace tally::edge {

// The algorithms that a token may be signed with; each belongs to one type of key (RFC 8725 §3.1). The
// numbers stand in the key file.
enum class TokenAlgorithm : std::uint8_t {
    kNone = 0,  // no algorithm; never accepted
    kRs256 = 1,
    kEs256 = 2,
    kEdDsa = 3  // Ed25519 only
};

// By the name in a token's header, in exactly this spelling; kNone for all others.
TokenAlgorithm token_algorithm(std::string_view name);

inline constexpr int kRsaBitsMin = 2048;
inline constexpr int kRsaBitsMax = 8192;

// A public key of a token issuer. One thread. Free of the C++ library; uses libcrypto, whose error queue it
// leaves empty (nginx reads it).
class VerificationKey {
  public:
    VerificationKey() = default;

    ~VerificationKey() { reset(); }

    VerificationKey(const VerificationKey&) = delete;
    VerificationKey& operator=(const VerificationKey&) = delete;

    // `der`: SubjectPublicKeyInfo. False when it is not a key of this algorithm: RSA of 2048 to 8192 bits,
    // P-256, Ed25519.
    bool load(TokenAlgorithm algorithm, const unsigned char* der, std::size_t size);

    void reset();

    // Whether `signature`, as JWS has it (ES256: r and s, 32 bytes each), is this key's under `signed_text`.
    [[nodiscard]] bool verify(std::string_view signed_text, const unsigned char* signature,
                              std::size_t size) const;

    [[nodiscard]] TokenAlgorithm algorithm() const { return algorithm_; }

  private:
    evp_pkey_st* key_ = nullptr;
    TokenAlgorithm algorithm_ = TokenAlgorithm::kNone;
};

}  // namespace tally::edge
