#include "edge/token/jwks.hpp"

#include "edge/token/jwks_file_format.hpp"
#include "support/token_maker.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::edge {
namespace {

using test::SigningKey;
using testing::ElementsAre;
using testing::HasSubstr;

std::string set_of(std::string_view keys) {
    return fmt::format("{{\"keys\":[{}]}}", keys);
}

std::string refusal(std::string_view json) {
    const auto read = parse_jwks(json);
    return read.ok() ? "taken" : read.error().message;
}

TEST(Jwks, ReadsAllThreeKindsInOrder) {
    const SigningKey rsa = SigningKey::rsa("one");
    const SigningKey ec = SigningKey::p256("two");
    const SigningKey ed = SigningKey::ed25519("three");
    const auto read = parse_jwks(test::key_set({rsa, ec, ed}));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_THAT(read->keys, ElementsAre(rsa.public_key(), ec.public_key(), ed.public_key()));
    EXPECT_TRUE(read->skipped.empty());
}

// A modulus is not asked whether it is one, so these need not be made.
std::string rsa_of_bits(std::size_t bits) {
    return fmt::format(R"({{"kty":"RSA","e":"AQAB","n":"{}"}})",
                       test::base64url(std::string(bits / 8, '\xff')));
}

TEST(Jwks, SizesOfRsa) {
    for (const std::size_t bits : {2048U, 3072U, 4096U, 8192U}) {
        const auto read = parse_jwks(set_of(rsa_of_bits(bits)));
        ASSERT_TRUE(read.ok()) << read.error().message;
        EXPECT_LE(read->keys.at(0).der.size(), kJwksDerSizeMax);
    }
    for (const std::size_t bits : {512U, 1024U, 2040U, 8200U})
        EXPECT_THAT(refusal(set_of(rsa_of_bits(bits))), HasSubstr(fmt::format("RSA of {} bits", bits)));
}

TEST(Jwks, SkipsWhatCannotVerifyAndSaysWhy) {
    const std::string good = SigningKey::ed25519("good").jwk();

    const struct {
        std::string jwk;
        std::string_view why;
    } cases[] = {
        {rsa_of_bits(1024), "RSA of 1024 bits"},
        {SigningKey::p384("curve").jwk(), "it is for ES384"},
        {R"({"kty":"oct","k":"c2VjcmV0"})", "the type \"oct\""},
        {R"({"kid":"x"})", "the type \"\""},
        {R"({"kty":"EC","crv":"P-384"})", "the curve \"P-384\""},
        {R"({"kty":"EC","crv":"secp256k1"})", "the curve \"secp256k1\""},
        {R"({"kty":"OKP","crv":"X25519"})", "the curve \"X25519\""},
        {R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})", "32 bytes"},
        {R"({"kty":"RSA","n":"AQAB"})", "its \"e\" is missing"},
        {R"({"kty":"RSA","n":"!","e":"AQAB"})", "its \"n\" is missing"},
        {R"({"kty":"RSA","use":"enc"})", "\"use\""},
        {R"({"kty":"RSA","alg":"RSA-OAEP"})", "it is for"},
        {R"({"kty":"RSA","alg":"HS256"})", "it is for"},
        {R"({"kty":"EC","alg":"RS256"})", "it is for"},
        {R"({"kty":"RSA","key_ops":["encrypt"]})", "key_ops"},
        {R"({"kty":"RSA","key_ops":"verify"})", "key_ops"},
        {fmt::format(R"({{"kty":"EC","crv":"P-256","x":"{0}","y":"{0}"}})", std::string(42, 'A') + "E"),
         "make no key"},
        {"17", "the type \"\""},
    };

    for (const auto& one : cases) {
        const auto read = parse_jwks(set_of(one.jwk + "," + good));
        ASSERT_TRUE(read.ok()) << one.jwk << read.error().message;
        EXPECT_EQ(read->keys.size(), 1U);
        ASSERT_EQ(read->skipped.size(), 1U) << one.jwk;
        EXPECT_THAT(read->skipped.front(), HasSubstr(std::string(one.why))) << one.jwk;
    }
}

TEST(Jwks, AnExponentOfOneOrThreeIsNoLock) {
    const std::string jwk = rsa_of_bits(2048);
    for (const std::string_view exponent : {"AQ", "Aw", "AQAC", "AQAAAAAAAAAB"}) {
        std::string weak = jwk;
        weak.replace(weak.find("AQAB\""), 5, fmt::format("{}\"", exponent));
        EXPECT_THAT(refusal(set_of(weak)), HasSubstr("exponent")) << exponent;
    }
}

TEST(Jwks, RefusesWhatIsNoKeySet) {
    const std::string good = SigningKey::ed25519("k").jwk();
    EXPECT_THAT(refusal(""), HasSubstr(""));
    EXPECT_NE(refusal("<html>"), "taken");
    EXPECT_THAT(refusal("[]"), HasSubstr("no key set"));
    EXPECT_THAT(refusal(R"({"keys":{}})"), HasSubstr("no key set"));
    EXPECT_THAT(refusal(set_of("")), HasSubstr("empty"));
    EXPECT_THAT(refusal(set_of(R"({"kty":"oct"})")), HasSubstr("none of its keys can be used"));
    EXPECT_THAT(refusal(set_of(good + "," + good)), HasSubstr("two keys have"));
    EXPECT_NE(refusal(R"({"keys":[],"keys":[)" + good + "]}"), "taken");
    EXPECT_THAT(refusal(std::string(kJwksSizeMax + 1, ' ')), HasSubstr("bytes"));
    std::string many;
    for (std::size_t i = 0; i <= kJwksKeysMax; ++i) {
        std::string jwk = good;
        jwk.replace(jwk.find("\"k\""), 3, fmt::format("\"k{}\"", i));
        many += (i == 0 ? "" : ",") + jwk;
    }
    EXPECT_THAT(refusal(set_of(many)), HasSubstr("more than 64 keys"));
}

TEST(Jwks, CertificatesAndPrivateMembersAreNotLookedAt) {
    const SigningKey ed = SigningKey::ed25519("k");
    std::string jwk = ed.jwk();
    jwk.insert(1, R"("x5c":["MIIB"],"x5u":"https://evil.test","d":"AAAA",)");
    const auto read = parse_jwks(set_of(jwk));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->keys.at(0), ed.public_key());
}

}  // namespace
}  // namespace tally::edge
