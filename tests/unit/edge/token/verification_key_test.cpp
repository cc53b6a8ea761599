#include "edge/token/verification_key.hpp"

#include "edge/token/base64url.hpp"
#include "edge/token/jwks.hpp"
#include "support/token_maker.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::edge {
namespace {

using test::SigningKey;

const unsigned char* bytes(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

bool load(VerificationKey& key, const IssuerKey& from) {
    return key.load(from.algorithm, bytes(from.der), from.der.size());
}

bool verify(const VerificationKey& key, std::string_view text, const std::string& signature) {
    return key.verify(text, bytes(signature), signature.size());
}

std::string decoded(std::string_view text) {
    std::string out(base64url_room(text.size()), '\0');
    EXPECT_NE(decode_base64url(text, reinterpret_cast<unsigned char*>(out.data())), kNotBase64url);
    return out;
}

// A whole compact JWS against the one key of a set.
bool verify_vector(std::string_view jwk, const std::string& jws) {
    const auto set = parse_jwks(fmt::format("{{\"keys\":[{}]}}", jwk));
    EXPECT_TRUE(set.ok()) << (set.ok() ? "" : set.error().message);
    VerificationKey key;
    EXPECT_TRUE(load(key, set->keys.at(0)));
    const std::size_t dot = jws.rfind('.');
    return verify(key, std::string_view(jws).substr(0, dot), decoded(std::string_view(jws).substr(dot + 1)));
}

TEST(VerificationKey, Rfc7515RsaExample) {
    EXPECT_TRUE(verify_vector(
        R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})",
        "eyJhbGciOiJSUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
        "O8W2Fp5jujGbds9uJ"
        "dbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
        "eSN"
        "9383LcOLn6_dO--xi12jzDwusC-"
        "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXL"
        "IhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"));
}

TEST(VerificationKey, Rfc7515EcExample) {
    EXPECT_TRUE(verify_vector(
        R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
        "eyJhbGciOiJFUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"));
}

TEST(VerificationKey, Rfc8037Ed25519Example) {
    EXPECT_TRUE(verify_vector(
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"));
}

TEST(VerificationKey, EveryAlgorithmTakesItsOwnSignaturesOnly) {
    const SigningKey keys[] = {SigningKey::rsa("a"), SigningKey::p256("b"), SigningKey::ed25519("c")};
    for (const SigningKey& signer : keys) {
        VerificationKey key;
        ASSERT_TRUE(load(key, signer.public_key()));
        for (const SigningKey& other : keys)
            EXPECT_EQ(verify(key, "text", other.sign("text")), &signer == &other)
                << signer.algorithm() << " " << other.algorithm();
        EXPECT_FALSE(verify(key, "texT", signer.sign("text")));
        EXPECT_FALSE(verify(key, "text", ""));
        EXPECT_FALSE(verify(key, "text", signer.sign("text") + '\0'));
        std::string signature = signer.sign("text");
        for (std::size_t i = 0; i < signature.size(); i += 7) {
            std::string changed = signature;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            EXPECT_FALSE(verify(key, "text", changed)) << signer.algorithm() << " byte " << i;
        }
    }
}

TEST(VerificationKey, EcdsaNumbersMustLieInRange) {
    const SigningKey signer = SigningKey::p256("b");
    VerificationKey key;
    ASSERT_TRUE(load(key, signer.public_key()));
    const std::string order = decoded("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
    ASSERT_EQ(order.size(), 32U);
    const std::string zero(32, '\0');
    const std::string one = std::string(31, '\0') + '\1';
    const std::string good = signer.sign("text");
    for (const std::string& signature :
         {zero + zero, zero + one, one + zero, order + one, one + order, std::string(64, '\xff'),
          zero + good.substr(32), good.substr(0, 32) + zero})
        EXPECT_FALSE(verify(key, "text", signature));
    EXPECT_FALSE(verify(key, "text", signer.sign_der("text"))) << "DER";
    EXPECT_FALSE(verify(key, "text", zero + good)) << "96 bytes, as of P-384";
    // Many signatures, so that numbers with leading zeros and with a high first bit are among them.
    for (int i = 0; i < 600; ++i) {
        const std::string text = fmt::format("text {}", i);
        ASSERT_TRUE(verify(key, text, signer.sign(text))) << i;
    }
}

TEST(VerificationKey, LoadsOnlyKeysOfTheRightKind) {
    VerificationKey key;
    const IssuerKey rsa = SigningKey::rsa("a").public_key();
    for (const TokenAlgorithm other :
         {TokenAlgorithm::kNone, TokenAlgorithm::kEs256, TokenAlgorithm::kEdDsa, TokenAlgorithm{17}})
        EXPECT_FALSE(key.load(other, bytes(rsa.der), rsa.der.size()));
    const IssuerKey small = SigningKey::rsa("a", 1024).public_key();
    EXPECT_FALSE(load(key, small));
    const IssuerKey p384 = SigningKey::p384("a").public_key();
    EXPECT_FALSE(key.load(TokenAlgorithm::kEs256, bytes(p384.der), p384.der.size()));
    EXPECT_FALSE(key.load(TokenAlgorithm::kRs256, bytes(rsa.der), rsa.der.size() - 1));
    const std::string longer = rsa.der + '\0';
    EXPECT_FALSE(key.load(TokenAlgorithm::kRs256, bytes(longer), longer.size()));
    EXPECT_FALSE(verify(key, "text", std::string(64, 'x'))) << "without a key nothing is right";
}

TEST(VerificationKey, AlgorithmsByTheirExactNames) {
    EXPECT_EQ(token_algorithm("RS256"), TokenAlgorithm::kRs256);
    EXPECT_EQ(token_algorithm("ES256"), TokenAlgorithm::kEs256);
    EXPECT_EQ(token_algorithm("EdDSA"), TokenAlgorithm::kEdDsa);
    for (const char* name : {"none", "None", "NONE", "nOnE", "", "HS256", "HS512", "RS384", "RS512", "PS256",
                             "ES384", "ES256K", "rs256", "RS256 ", "EDDSA", "RSA-OAEP"})
        EXPECT_EQ(token_algorithm(name), TokenAlgorithm::kNone) << name;
}

}  // namespace
}  // namespace tally::edge
