#include "edge/token/verification_key.hpp"

#include <cstring>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace tally::edge {
namespace {

constexpr std::size_t kScalarSize = 32;
constexpr std::size_t kEs256Size = 2 * kScalarSize;
constexpr std::size_t kEd25519Size = 64;
constexpr std::size_t kEs256DerMax = 2 + 2 * (2 + 1 + kScalarSize);

// The order of P-256 (FIPS 186-5), which r and s must be less than.
constexpr unsigned char kP256Order[kScalarSize] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};

// 1 to order - 1 (the signature of zeros is CVE-2022-21449).
bool is_scalar(const unsigned char* scalar) {
    static constexpr unsigned char kZero[kScalarSize] = {};
    return std::memcmp(scalar, kZero, kScalarSize) != 0 && std::memcmp(scalar, kP256Order, kScalarSize) < 0;
}

// DER's INTEGER of a positive number.
unsigned char* put_integer(const unsigned char* scalar, unsigned char* to) {
    std::size_t zeros = 0;
    while (scalar[zeros] == 0)
        ++zeros;
    const bool pad = (scalar[zeros] & 0x80) != 0;
    *to++ = 0x02;
    *to++ = static_cast<unsigned char>(kScalarSize - zeros + (pad ? 1 : 0));
    if (pad)
        *to++ = 0;
    std::memcpy(to, scalar + zeros, kScalarSize - zeros);
    return to + (kScalarSize - zeros);
}

// r and s as libcrypto wants them. The size, 0 when one is out of range.
std::size_t ecdsa_der(const unsigned char* signature, unsigned char* to) {
    if (!is_scalar(signature) || !is_scalar(signature + kScalarSize))
        return 0;
    unsigned char* const end = put_integer(signature + kScalarSize, put_integer(signature, to + 2));
    to[0] = 0x30;
    to[1] = static_cast<unsigned char>(end - to - 2);
    return static_cast<std::size_t>(end - to);
}

bool is_p256(const EVP_PKEY* key) {
    char group[32] = {};
    std::size_t size = 0;
    return EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1 &&
           std::strcmp(group, "prime256v1") == 0;
}

bool fits(const EVP_PKEY* key, TokenAlgorithm algorithm) {
    const int bits = EVP_PKEY_get_bits(key);
    switch (algorithm) {
        case TokenAlgorithm::kRs256:
            return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && bits >= kRsaBitsMin && bits <= kRsaBitsMax;
        case TokenAlgorithm::kEs256: return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && is_p256(key);
        case TokenAlgorithm::kEdDsa: return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
        case TokenAlgorithm::kNone: break;
    }
    return false;
}

bool verify_with(EVP_PKEY* key, const EVP_MD* digest, std::string_view text, const unsigned char* signature,
                 std::size_t size) {
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    if (context == nullptr)
        return false;
    const bool right =
        EVP_DigestVerifyInit(context, nullptr, digest, nullptr, key) == 1 &&
        EVP_DigestVerify(context, signature, size, reinterpret_cast<const unsigned char*>(text.data()),
                         text.size()) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return right;
}

}  // namespace

TokenAlgorithm token_algorithm(std::string_view name) {
    if (name == "RS256")
        return TokenAlgorithm::kRs256;
    if (name == "ES256")
        return TokenAlgorithm::kEs256;
    return name == "EdDSA" ? TokenAlgorithm::kEdDsa : TokenAlgorithm::kNone;
}

bool VerificationKey::load(TokenAlgorithm algorithm, const unsigned char* der, std::size_t size) {
    reset();
    const unsigned char* at = der;
    EVP_PKEY* const key = d2i_PUBKEY(nullptr, &at, static_cast<long>(size));
    ERR_clear_error();
    if (key == nullptr)
        return false;
    if (at != der + size || !fits(key, algorithm)) {
        EVP_PKEY_free(key);
        return false;
    }
    key_ = key;
    algorithm_ = algorithm;
    return true;
}

void VerificationKey::reset() {
    EVP_PKEY_free(key_);
    key_ = nullptr;
    algorithm_ = TokenAlgorithm::kNone;
}

bool VerificationKey::verify(std::string_view signed_text, const unsigned char* signature,
                             std::size_t size) const {
    switch (algorithm_) {
        case TokenAlgorithm::kRs256:
            return size == static_cast<std::size_t>(EVP_PKEY_get_size(key_)) &&
                   verify_with(key_, EVP_sha256(), signed_text, signature, size);
        case TokenAlgorithm::kEs256: {
            unsigned char der[kEs256DerMax];
            const std::size_t der_size = size == kEs256Size ? ecdsa_der(signature, der) : 0;
            return der_size != 0 && verify_with(key_, EVP_sha256(), signed_text, der, der_size);
        }
        case TokenAlgorithm::kEdDsa:
            return size == kEd25519Size && verify_with(key_, nullptr, signed_text, signature, size);
        case TokenAlgorithm::kNone: break;
    }
    return false;
}

}  // namespace tally::edge
