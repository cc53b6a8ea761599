#include "support/token_maker.hpp"

#include <stdexcept>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace tally::test {
namespace {

void check(bool good, const char* what) {
    if (!good)
        throw std::runtime_error(what);
}

std::string number(const EVP_PKEY* key, const char* name, int size) {
    BIGNUM* value = nullptr;
    check(EVP_PKEY_get_bn_param(key, name, &value) == 1, name);
    std::string bytes(static_cast<std::size_t>(size != 0 ? size : BN_num_bytes(value)), '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    BN_free(value);
    return bytes;
}

std::string sign_with(EVP_PKEY* key, const EVP_MD* digest, int padding, std::string_view text) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* options = nullptr;
    check(EVP_DigestSignInit(context, &options, digest, nullptr, key) == 1, "sign");
    if (padding != 0)
        check(EVP_PKEY_CTX_set_rsa_padding(options, padding) == 1, "padding");
    std::size_t size = 2048;
    std::string signature(size, '\0');
    check(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                         reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1,
          "sign");
    EVP_MD_CTX_free(context);
    signature.resize(size);
    return signature;
}

}  // namespace

struct SigningKey::Key {
    explicit Key(EVP_PKEY* made) : pkey(made) { check(made != nullptr, "make a key"); }

    ~Key() { EVP_PKEY_free(pkey); }

    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;

    EVP_PKEY* pkey;
};

SigningKey::SigningKey(std::string kid, std::string algorithm, std::shared_ptr<Key> key)
    : kid_(std::move(kid)), algorithm_(std::move(algorithm)), key_(std::move(key)) {}

SigningKey SigningKey::rsa(std::string kid, int bits) {
    return {std::move(kid), "RS256", std::make_shared<Key>(EVP_RSA_gen(static_cast<unsigned>(bits)))};
}

SigningKey SigningKey::p256(std::string kid) {
    return {std::move(kid), "ES256", std::make_shared<Key>(EVP_EC_gen("P-256"))};
}

SigningKey SigningKey::p384(std::string kid) {
    return {std::move(kid), "ES384", std::make_shared<Key>(EVP_EC_gen("P-384"))};
}

SigningKey SigningKey::ed25519(std::string kid) {
    return {std::move(kid), "EdDSA", std::make_shared<Key>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))};
}

std::string SigningKey::jwk() const {
    const EVP_PKEY* key = key_->pkey;
    std::string members;
    if (algorithm_ == "RS256") {
        members =
            fmt::format(R"("kty":"RSA","n":"{}","e":"{}")", base64url(number(key, OSSL_PKEY_PARAM_RSA_N, 0)),
                        base64url(number(key, OSSL_PKEY_PARAM_RSA_E, 0)));
    } else if (algorithm_ == "EdDSA") {
        std::string x(32, '\0');
        std::size_t size = x.size();
        check(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(x.data()), &size) == 1, "x");
        members = fmt::format(R"("kty":"OKP","crv":"Ed25519","x":"{}")", base64url(x));
    } else {
        const bool small = algorithm_ == "ES256";
        const int size = small ? 32 : 48;
        members = fmt::format(R"("kty":"EC","crv":"{}","x":"{}","y":"{}")", small ? "P-256" : "P-384",
                              base64url(number(key, OSSL_PKEY_PARAM_EC_PUB_X, size)),
                              base64url(number(key, OSSL_PKEY_PARAM_EC_PUB_Y, size)));
    }
    return fmt::format(R"({{"kid":"{}","alg":"{}","use":"sig",{}}})", kid_, algorithm_, members);
}

edge::IssuerKey SigningKey::public_key() const {
    unsigned char* out = nullptr;
    const int size = i2d_PUBKEY(key_->pkey, &out);
    edge::IssuerKey key{kid_, edge::token_algorithm(algorithm_),
                        std::string(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size))};
    OPENSSL_free(out);
    return key;
}

std::string SigningKey::public_pem() const {
    BIO* memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(memory, key_->pkey);
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    std::string pem(data, static_cast<std::size_t>(size));
    BIO_free(memory);
    return pem;
}

std::string SigningKey::sign(std::string_view text) const {
    if (algorithm_ == "EdDSA")
        return sign_with(key_->pkey, nullptr, 0, text);
    if (algorithm_ == "RS256")
        return sign_with(key_->pkey, EVP_sha256(), RSA_PKCS1_PADDING, text);
    const std::string der = sign_der(text);
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* both = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    const int size = algorithm_ == "ES256" ? 32 : 48;
    std::string raw(static_cast<std::size_t>(2 * size), '\0');
    auto* to = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(both), to, size);
    BN_bn2binpad(ECDSA_SIG_get0_s(both), to + size, size);
    ECDSA_SIG_free(both);
    return raw;
}

std::string SigningKey::sign_pss(std::string_view text) const {
    return sign_with(key_->pkey, EVP_sha256(), RSA_PKCS1_PSS_PADDING, text);
}

std::string SigningKey::sign_der(std::string_view text) const {
    return sign_with(key_->pkey, EVP_sha256(), 0, text);
}

std::string SigningKey::header() const {
    return fmt::format(R"({{"alg":"{}","typ":"JWT","kid":"{}"}})", algorithm_, kid_);
}

std::string SigningKey::token(std::string_view header, std::string_view claims) const {
    const std::string text = base64url(header) + "." + base64url(claims);
    return text + "." + base64url(sign(text));
}

std::string base64url(std::string_view bytes) {
    static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    unsigned bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6)
            text += kAlphabet[bits >> (count - 6) & 63];
    }
    if (count != 0)
        text += kAlphabet[bits << (6 - count) & 63];
    return text;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), out, &size);
    return {reinterpret_cast<const char*>(out), size};
}

std::string key_set(const std::vector<SigningKey>& keys) {
    std::vector<std::string> jwks;
    for (const SigningKey& key : keys)
        jwks.push_back(key.jwk());
    return fmt::format("{{\"keys\":[{}]}}", fmt::join(jwks, ","));
}

}  // namespace tally::test
