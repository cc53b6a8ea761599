#include "edge/token/jwks.hpp"

#include "base/json_value.hpp"
#include "edge/token/base64url.hpp"
#include "edge/token/jwks_file_format.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

namespace tally::edge {
namespace {

constexpr std::size_t kFieldSizeMax = 2048;  // characters of one member of a key
constexpr std::size_t kCoordinateSize = 32;
constexpr unsigned kExponentMin = 65537;

struct Freer {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }

    void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }

    void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }

    void operator()(BIGNUM* number) const { BN_free(number); }
};

template <class T>
using Owned = std::unique_ptr<T, Freer>;

Error unfit(std::string why) {
    return Error{ErrorCode::kInvalidArgument, std::move(why)};
}

Result<std::string> bytes_of(const JsonValue& jwk, std::string_view name) {
    const std::string_view text = jwk.text_of(name);
    std::string bytes(base64url_room(text.size()), '\0');
    const std::size_t size = text.empty() || text.size() > kFieldSizeMax
                                 ? kNotBase64url
                                 : decode_base64url(text, reinterpret_cast<unsigned char*>(bytes.data()));
    if (size == kNotBase64url)
        return unfit(fmt::format("its \"{}\" is missing or no base64url", name));
    return bytes;
}

const unsigned char* raw(const std::string& bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Owned<BIGNUM> number_of(const std::string& bytes) {
    return Owned<BIGNUM>(BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr));
}

// A key of this type from what was pushed into the builder; null when it is none, e.g. no point of the curve.
Owned<EVP_PKEY> build(const char* type, OSSL_PARAM_BLD* builder) {
    const Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder));
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (params && context && EVP_PKEY_fromdata_init(context.get()) == 1)
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get());
    return Owned<EVP_PKEY>(key);
}

Result<std::string> der_of(const Owned<EVP_PKEY>& key) {
    unsigned char* out = nullptr;
    const int size = key ? i2d_PUBKEY(key.get(), &out) : -1;
    std::string der;
    if (size > 0)
        der.assign(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
    OPENSSL_free(out);
    ERR_clear_error();
    if (der.empty() || der.size() > kJwksDerSizeMax)
        return unfit("its numbers make no key");
    return der;
}

Result<std::string> rsa_der(const JsonValue& jwk) {
    TRY_ASSIGN(const std::string modulus, bytes_of(jwk, "n"));
    TRY_ASSIGN(const std::string exponent, bytes_of(jwk, "e"));
    const Owned<BIGNUM> n = number_of(modulus);
    const Owned<BIGNUM> e = number_of(exponent);
    const int bits = n ? BN_num_bits(n.get()) : 0;
    if (bits < kRsaBitsMin || bits > kRsaBitsMax)
        return unfit(fmt::format("RSA of {} bits; {} to {} are taken", bits, kRsaBitsMin, kRsaBitsMax));
    if (!e || BN_is_odd(e.get()) == 0 || BN_num_bits(e.get()) > 64 || BN_get_word(e.get()) < kExponentMin)
        return unfit("its exponent is not odd and between 65537 and 2^64");
    const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    return der_of(build("RSA", builder.get()));
}

Result<std::string> ec_der(const JsonValue& jwk) {
    if (jwk.text_of("crv") != "P-256")
        return unfit(fmt::format("the curve \"{}\"; P-256 is taken", jwk.text_of("crv")));
    TRY_ASSIGN(const std::string x, bytes_of(jwk, "x"));
    TRY_ASSIGN(const std::string y, bytes_of(jwk, "y"));
    if (x.size() != kCoordinateSize || y.size() != kCoordinateSize)
        return unfit("its coordinates do not have 32 bytes");
    const std::string point = "\x04" + x + y;
    const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    return der_of(build("EC", builder.get()));
}

Result<std::string> ed25519_der(const JsonValue& jwk) {
    if (jwk.text_of("crv") != "Ed25519")
        return unfit(fmt::format("the curve \"{}\"; Ed25519 is taken", jwk.text_of("crv")));
    TRY_ASSIGN(const std::string x, bytes_of(jwk, "x"));
    if (x.size() != kCoordinateSize)
        return unfit("its x does not have 32 bytes");
    return der_of(Owned<EVP_PKEY>(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(x), x.size())));
}

// What the issuer says of the key's purpose.
Status check_purpose(const JsonValue& jwk, std::string_view algorithm) {
    if (jwk.find("alg") != nullptr && jwk.text_of("alg") != algorithm)
        return unfit(fmt::format("it is for {}", jwk.find("alg")->display()));
    if (jwk.find("use") != nullptr && jwk.text_of("use") != "sig")
        return unfit("its \"use\" is not \"sig\"");
    const JsonValue* operations = jwk.find("key_ops");
    if (operations == nullptr)
        return {};
    const JsonValue::Array* list = operations->as_array();
    const auto verifies = [](const JsonValue& one) {
        return one.as_string() != nullptr && *one.as_string() == "verify";
    };
    if (list == nullptr || std::none_of(list->begin(), list->end(), verifies))
        return unfit("its \"key_ops\" has no \"verify\"");
    return {};
}

Result<IssuerKey> key_of(const JsonValue& jwk) {
    struct Kind {
        std::string_view kty;
        std::string_view name;
        Result<std::string> (*der)(const JsonValue&);
    };

    static constexpr Kind kKinds[] = {
        {"RSA", "RS256", rsa_der}, {"EC", "ES256", ec_der}, {"OKP", "EdDSA", ed25519_der}};
    for (const Kind& kind : kKinds) {
        if (jwk.text_of("kty") != kind.kty)
            continue;
        TRY(check_purpose(jwk, kind.name));
        IssuerKey key;
        key.kid = jwk.text_of("kid");
        if (key.kid.size() > kKidSizeMax)
            return unfit(fmt::format("its \"kid\" is longer than {} bytes", kKidSizeMax));
        key.algorithm = token_algorithm(kind.name);
        TRY_ASSIGN(key.der, kind.der(jwk));
        VerificationKey tried;
        if (!tried.load(key.algorithm, raw(key.der), key.der.size()))
            return unfit("libcrypto does not take it");
        return key;
    }
    return unfit(fmt::format("the type \"{}\"; RSA, EC and OKP are taken", jwk.text_of("kty")));
}

Status check_unique(const std::vector<IssuerKey>& keys) {
    for (std::size_t i = 0; i < keys.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (keys[i].kid == keys[j].kid && keys[i].algorithm == keys[j].algorithm)
                return unfit(fmt::format("two keys have the \"kid\" \"{}\"", keys[i].kid));
    return {};
}

}  // namespace

Result<Jwks> parse_jwks(std::string_view json) {
    if (json.size() > kJwksSizeMax)
        return unfit(fmt::format("a key set of {} bytes; at most {} are read", json.size(), kJwksSizeMax));
    TRY_ASSIGN(const JsonValue document, JsonValue::parse(json));
    const JsonValue* list = document.find("keys");
    if (list == nullptr || list->as_array() == nullptr)
        return unfit("no key set: it has no array \"keys\"");
    Jwks out;
    for (std::size_t i = 0; i < list->as_array()->size(); ++i) {
        const JsonValue& jwk = (*list->as_array())[i];
        Result<IssuerKey> key = key_of(jwk);
        if (!key)
            out.skipped.push_back(
                fmt::format("key {} (\"{}\"): {}", i + 1, jwk.text_of("kid"), key.error().message));
        else if (out.keys.size() == kJwksKeysMax)
            return unfit(fmt::format("more than {} keys", kJwksKeysMax));
        else
            out.keys.push_back(std::move(*key));
    }
    TRY(check_unique(out.keys));
    if (out.keys.empty())
        return unfit(out.skipped.empty() ? "the key set is empty"
                                         : "none of its keys can be used: " + out.skipped.front());
    return out;
}

}  // namespace tally::edge
