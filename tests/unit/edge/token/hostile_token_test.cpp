// Tokens that must not be let in: what RFC 8725 warns of, and what was let in elsewhere.
#include "edge/token/jwks_file.hpp"
#include "edge/token/token_verifier.hpp"
#include "support/temp_folder.hpp"
#include "support/token_maker.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::edge {
namespace {

using test::base64url;
using test::SigningKey;

constexpr SipKey kSecret{7, 8};
constexpr std::string_view kIssuer = "https://issuer.test/pool";
constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::string_view kAudiences[] = {"client-1"};
constexpr std::string_view kUses[] = {"access"};
constexpr std::string_view kGood =
    R"({"iss":"https://issuer.test/pool","sub":"user-1","aud":"client-1","token_use":"access","exp":1700003600})";

// The good claims with one text in them replaced.
std::string with(std::string_view from, std::string_view to) {
    std::string text(kGood);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

struct Hostile {
    std::string what;
    std::string token;
    TokenFault fault;
};

class HostileTokenTest : public testing::Test {
  protected:
    void SetUp() override {
        const Instant far = instant_from_us((kNow + 86400) * 1'000'000);
        ASSERT_TRUE(
            file_.publish({rsa_.public_key(), ec_.public_key(), ed_.public_key()}, instant_from_us(0), far)
                .ok());
        TokenRules rules;
        rules.issuer = kIssuer;
        rules.audiences = {kAudiences, 1};
        rules.token_uses = {kUses, 1};
        rules.clock_skew_us = 60'000'000;
        ASSERT_EQ(verifier_.open(path_.c_str(), rules), 0);
    }

    TokenFault check(const std::string& token) {
        return verifier_
            .check(token, kSecret, siphash128(kSecret, token.data(), token.size()), kNow * 1'000'000)
            .fault;
    }

    void expect_refused(const std::vector<Hostile>& table) {
        // The table proves nothing if the good ones are refused as well.
        for (const SigningKey* key : {&rsa_, &ec_, &ed_})
            ASSERT_EQ(check(key->token(kGood)), TokenFault::kNone);
        for (const Hostile& one : table) {
            const TokenFault fault = check(one.token);
            EXPECT_EQ(fault, one.fault) << one.what << ": " << token_fault_text(fault);
            EXPECT_EQ(check(one.token), one.fault) << one.what << ", the second time";
        }
    }

    // `text` as a header over the good claims, rightly signed by the RSA key.
    [[nodiscard]] std::string headed(std::string_view text) const { return rsa_.token(text, kGood); }

    // Claims under the usual header, rightly signed.
    [[nodiscard]] std::string claiming(std::string_view text) const { return rsa_.token(text); }

    // Signed by somebody who has no key of the issuer.
    [[nodiscard]] static std::string signed_as(std::string_view header, std::string_view signature) {
        return base64url(header) + "." + base64url(kGood) + "." + base64url(signature);
    }

    test::TempFolder folder_;
    const std::string path_ = (folder_.path() / "jwks.table").string();
    const SigningKey& rsa_ = test::key_of<SigningKey::rsa>("one");
    const SigningKey& ec_ = test::key_of<SigningKey::p256>("two");
    const SigningKey& ed_ = test::key_of<SigningKey::ed25519>("three");
    JwksFile file_{path_, std::string(kIssuer)};
    TokenVerifier verifier_;
};

TEST_F(HostileTokenTest, Shapes) {
    const std::string good = rsa_.token(kGood);
    const std::string head = base64url(rsa_.header());
    const std::string body = base64url(kGood);
    const std::string tail = good.substr(good.rfind('.') + 1);
    const std::string unused_bits = tail.substr(0, tail.size() - 1) + (tail.back() == 'B' ? "D" : "B");
    expect_refused({
        {"nothing", "", TokenFault::kShape},
        {"one part", head, TokenFault::kShape},
        {"two parts", head + "." + body, TokenFault::kShape},
        {"no signature", head + "." + body + ".", TokenFault::kShape},
        {"no header", "." + body + "." + tail, TokenFault::kShape},
        {"no payload: the detached form", head + ".." + tail, TokenFault::kShape},
        {"four parts", good + ".x", TokenFault::kShape},
        {"five parts: JWE", head + ".a.b.c.d", TokenFault::kShape},
        {"dots only", "..", TokenFault::kShape},
        {"JSON serialization", R"({"payload":"x","signatures":[]})", TokenFault::kShape},
        {"a blank before", " " + good, TokenFault::kShape},
        {"a newline behind", good + "\n", TokenFault::kShape},
        {"a NUL behind", good + '\0', TokenFault::kShape},
        {"padded base64", head + "=." + body + "." + tail, TokenFault::kShape},
        {"base64 instead of base64url", head + "." + body + "." + tail + "+/", TokenFault::kShape},
        {"17 KiB", good + std::string(17 * 1024, 'A'), TokenFault::kShape},
        {"a signature of 8 KiB", head + "." + body + "." + std::string(8192, 'A'), TokenFault::kSignature},
        {"a length that base64url cannot have", head + "." + body + "." + tail + "AAA",
         TokenFault::kSignature},
        {"unused bits set in the signature", head + "." + body + "." + unused_bits, TokenFault::kSignature},
    });
}

TEST_F(HostileTokenTest, Algorithms) {
    const std::string pem = rsa_.public_pem();
    const std::string hs = R"({"alg":"HS256","typ":"JWT","kid":"one"})";
    const std::string as_rsa = base64url(rsa_.header()) + "." + base64url(kGood);
    std::vector<Hostile> table = {
        {"HS256 with the public key as secret",
         signed_as(hs, test::hmac_sha256(pem, base64url(hs) + "." + base64url(kGood))),
         TokenFault::kAlgorithm},
        {"HMAC under RS256's name", as_rsa + "." + base64url(test::hmac_sha256(pem, as_rsa)),
         TokenFault::kSignature},
        {"PSS under RS256's name", as_rsa + "." + base64url(rsa_.sign_pss(as_rsa)), TokenFault::kSignature},
        {"no alg", headed(R"({"typ":"JWT","kid":"one"})"), TokenFault::kAlgorithm},
        {"alg is null", headed(R"({"alg":null,"kid":"one"})"), TokenFault::kHeader},
        {"alg is a list", headed(R"({"alg":["RS256"],"kid":"one"})"), TokenFault::kHeader},
        {"alg twice", headed(R"({"alg":"none","alg":"RS256","kid":"one"})"), TokenFault::kHeader},
        {"alg twice, once escaped", headed(R"({"alg":"RS256","\u0061lg":"none","kid":"one"})"),
         TokenFault::kHeader},
        {"ES256 naming the RSA key", signed_as(R"({"alg":"ES256","kid":"one"})", std::string(64, '\1')),
         TokenFault::kUnknownKey},
        {"RS256 naming the EC key", headed(R"({"alg":"RS256","kid":"two"})"), TokenFault::kUnknownKey},
        {"EdDSA naming the EC key", signed_as(R"({"alg":"EdDSA","kid":"two"})", std::string(64, '\1')),
         TokenFault::kUnknownKey},
    };
    for (const char* name : {"none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS384", "RS512", "PS256",
                             "ES256K", "ES384", "rs256", "RS256 ", "Ed448", "RSA1_5", "dir", "A128KW"}) {
        table.push_back({fmt::format("alg \"{}\"", name),
                         headed(fmt::format(R"({{"alg":"{}","kid":"one"}})", name)), TokenFault::kAlgorithm});
        table.push_back({fmt::format("alg \"{}\", unsigned", name),
                         signed_as(fmt::format(R"({{"alg":"{}"}})", name), "x"), TokenFault::kAlgorithm});
    }
    expect_refused(table);
}

TEST_F(HostileTokenTest, Keys) {
    const SigningKey evil = SigningKey::rsa("evil");
    const auto by_evil = [&](std::string_view more) {
        return evil.token(fmt::format(R"({{"alg":"RS256",{}}})", more), kGood);
    };
    expect_refused({
        {"the attacker's own key in jwk", by_evil(R"("kid":"one","jwk":)" + evil.jwk()),
         TokenFault::kSignature},
        {"jku without kid", by_evil(R"("jku":"https://evil.test/jwks.json")"), TokenFault::kSignature},
        {"jku and the attacker's kid", by_evil(R"("kid":"evil","jku":"https://evil.test/jwks.json")"),
         TokenFault::kUnknownKey},
        {"x5u", by_evil(R"("kid":"one","x5u":"https://evil.test/cert")"), TokenFault::kSignature},
        {"x5c", by_evil(R"("kid":"one","x5c":["MIIB"])"), TokenFault::kSignature},
        {"kid is a path", by_evil(R"("kid":"../../../../dev/null")"), TokenFault::kUnknownKey},
        {"kid is a statement", by_evil(R"("kid":"x' UNION SELECT 'secret")"), TokenFault::kUnknownKey},
        {"kid is a command", by_evil(R"("kid":"one|touch /tmp/x")"), TokenFault::kUnknownKey},
        {"kid of a null byte", by_evil(R"("kid":"one\u0000")"), TokenFault::kHeader},
        {"kid is a number", by_evil(R"("kid":1)"), TokenFault::kHeader},
        {"kid is an object", by_evil(R"("kid":{"one":1})"), TokenFault::kHeader},
        {"kid of 129 bytes", by_evil(fmt::format(R"("kid":"{}")", std::string(129, 'k'))),
         TokenFault::kHeader},
        {"kid in another case", rsa_.token(R"({"alg":"RS256","kid":"ONE"})", kGood), TokenFault::kUnknownKey},
        {"another's kid", by_evil(R"("kid":"one")"), TokenFault::kSignature},
    });
}

TEST_F(HostileTokenTest, Headers) {
    expect_refused({
        {"crit", headed(R"({"alg":"RS256","kid":"one","crit":["exp"],"exp":1})"), TokenFault::kHeader},
        {"crit empty", headed(R"({"alg":"RS256","kid":"one","crit":[]})"), TokenFault::kHeader},
        {"crit is null", headed(R"({"alg":"RS256","kid":"one","crit":null})"), TokenFault::kHeader},
        {"b64 false", headed(R"({"alg":"RS256","kid":"one","b64":false})"), TokenFault::kHeader},
        {"zip", headed(R"({"alg":"RS256","kid":"one","zip":"DEF"})"), TokenFault::kHeader},
        {"nested", headed(R"({"alg":"RS256","kid":"one","cty":"JWT"})"), TokenFault::kHeader},
        {"encrypted", headed(R"({"alg":"RS256","kid":"one","enc":"A128GCM"})"), TokenFault::kHeader},
        {"typ of a logout token", headed(R"({"alg":"RS256","kid":"one","typ":"logout+jwt"})"),
         TokenFault::kType},
        {"typ of a DPoP proof", headed(R"({"alg":"RS256","kid":"one","typ":"dpop+jwt"})"), TokenFault::kType},
        {"typ of a security event", headed(R"({"alg":"RS256","kid":"one","typ":"secevent+jwt"})"),
         TokenFault::kType},
        {"typ is a number", headed(R"({"alg":"RS256","kid":"one","typ":1})"), TokenFault::kHeader},
        {"a list", headed(R"(["RS256"])"), TokenFault::kHeader},
        {"a text", headed(R"("RS256")"), TokenFault::kHeader},
        {"no JSON", headed("alg=RS256"), TokenFault::kHeader},
        {"more behind the JSON", headed(R"({"alg":"RS256","kid":"one"} {})"), TokenFault::kHeader},
        {"no UTF-8", headed("{\"alg\":\"RS256\",\"kid\":\"\xff\"}"), TokenFault::kHeader},
        {"a byte order mark", headed("\xef\xbb\xbf{\"alg\":\"RS256\",\"kid\":\"one\"}"), TokenFault::kHeader},
        {"a thousand levels",
         headed(R"({"alg":"RS256","kid":"one","x":)" + std::string(1000, '[') + std::string(1000, ']') + "}"),
         TokenFault::kHeader},
        {"5 KiB", headed(R"({"alg":"RS256","kid":"one","x":")" + std::string(5000, 'x') + "\"}"),
         TokenFault::kHeader},
    });
}

TEST_F(HostileTokenTest, Claims) {
    const std::string iss = R"("iss":"https://issuer.test/pool")";
    const std::string aud = R"("aud":"client-1")";
    const std::string use = R"("token_use":"access")";
    const std::string exp = R"("exp":1700003600)";
    const std::string sub = R"("sub":"user-1")";
    expect_refused({
        {"another issuer", claiming(with(iss, R"("iss":"https://evil.test")")), TokenFault::kIssuer},
        {"the issuer and a slash", claiming(with(iss, R"("iss":"https://issuer.test/pool/")")),
         TokenFault::kIssuer},
        {"the issuer in capitals", claiming(with(iss, R"("iss":"HTTPS://issuer.test/pool")")),
         TokenFault::kIssuer},
        {"the issuer's beginning", claiming(with(iss, R"("iss":"https://issuer.test")")),
         TokenFault::kIssuer},
        {"no issuer", claiming(with(iss, R"("x":1)")), TokenFault::kIssuer},
        {"issuers", claiming(with(iss, R"("iss":["https://issuer.test/pool"])")), TokenFault::kIssuer},
        {"issuer twice", claiming(with(iss, R"("iss":"https://evil.test",)" + iss)), TokenFault::kClaims},
        {"issuer twice, once escaped", claiming(with(iss, iss + R"(,"\u0069ss":"https://evil.test")")),
         TokenFault::kClaims},
        {"another audience", claiming(with(aud, R"("aud":"client-9")")), TokenFault::kAudience},
        {"other audiences", claiming(with(aud, R"("aud":["client-8","client-9"])")), TokenFault::kAudience},
        {"the audience's name inside another", claiming(with(aud, R"("aud":"client-10")")),
         TokenFault::kAudience},
        {"no audience", claiming(with(aud, R"("x":1)")), TokenFault::kAudience},
        {"an empty list of audiences", claiming(with(aud, R"("aud":[])")), TokenFault::kAudience},
        {"audience is an object", claiming(with(aud, R"("aud":{"client-1":true})")), TokenFault::kAudience},
        {"a number among the audiences", claiming(with(aud, R"("aud":["client-1",1])")),
         TokenFault::kAudience},
        {"the star as audience", claiming(with(aud, R"("aud":"*")")), TokenFault::kAudience},
        {"client_id cannot mend another aud",
         claiming(with(aud, R"("aud":"client-9","client_id":"client-1")")), TokenFault::kAudience},
        {"an ID token", claiming(with(use, R"("token_use":"id")")), TokenFault::kUse},
        {"a refresh token", claiming(with(use, R"("token_use":"refresh")")), TokenFault::kUse},
        {"no use", claiming(with(use, R"("x":1)")), TokenFault::kUse},
        {"the use is a list", claiming(with(use, R"("token_use":["access"])")), TokenFault::kClaims},
        {"an ID token that says at+jwt",
         rsa_.token(R"({"alg":"RS256","kid":"one","typ":"at+jwt"})", with(use, R"("token_use":"id")")),
         TokenFault::kUse},
        {"no expiry", claiming(with(exp, R"("x":1)")), TokenFault::kClaims},
        {"expiry is null", claiming(with(exp, R"("exp":null)")), TokenFault::kClaims},
        {"expiry is a text", claiming(with(exp, R"("exp":"1700003600")")), TokenFault::kClaims},
        {"expiry is huge", claiming(with(exp, R"("exp":1e30)")), TokenFault::kClaims},
        {"expiry beyond all years", claiming(with(exp, R"("exp":99999999999999999999)")),
         TokenFault::kClaims},
        {"expiry before 1970", claiming(with(exp, R"("exp":-1)")), TokenFault::kClaims},
        {"expiry at 0", claiming(with(exp, R"("exp":0)")), TokenFault::kExpired},
        {"expired long ago", claiming(with(exp, R"("exp":1600000000)")), TokenFault::kExpired},
        {"not yet", claiming(with(exp, exp + R"(,"nbf":1700000100)")), TokenFault::kTooEarly},
        {"nbf is a text", claiming(with(exp, exp + R"(,"nbf":"0")")), TokenFault::kClaims},
        {"issued tomorrow", claiming(with(exp, R"("exp":1700200000,"iat":1700086400)")),
         TokenFault::kTooEarly},
        {"issued after its expiry", claiming(with(exp, exp + R"(,"iat":1700003601)")), TokenFault::kClaims},
        {"no principal", claiming(with(sub, R"("x":1)")), TokenFault::kPrincipal},
        {"an empty principal", claiming(with(sub, R"("sub":"")")), TokenFault::kPrincipal},
        {"the principal is a number", claiming(with(sub, R"("sub":1)")), TokenFault::kPrincipal},
        {"the principal breaks the line", claiming(with(sub, R"("sub":"a\nb")")), TokenFault::kPrincipal},
        {"the principal of 256 bytes",
         claiming(with(sub, fmt::format(R"("sub":"{}")", std::string(256, 'u')))), TokenFault::kPrincipal},
        {"a NUL in the principal", claiming(with(sub, R"("sub":"a\u0000b")")), TokenFault::kClaims},
        {"no JSON", claiming("iss=x"), TokenFault::kClaims},
        {"a list", claiming("[1]"), TokenFault::kClaims},
        {"a comment", claiming(std::string(kGood) + "//"), TokenFault::kClaims},
    });
}

TEST_F(HostileTokenTest, Signatures) {
    const std::string good = ec_.token(kGood);
    const std::string signed_text = good.substr(0, good.rfind('.'));
    const std::string other = ec_.token(with("user-1", "user-2"));
    const auto signing = [&](const std::string& signature) {
        return signed_text + "." + base64url(signature);
    };
    expect_refused({
        {"r = s = 0", signing(std::string(64, '\0')), TokenFault::kSignature},
        {"all ones", signing(std::string(64, '\xff')), TokenFault::kSignature},
        {"DER", signing(ec_.sign_der(signed_text)), TokenFault::kSignature},
        {"one byte", signing("x"), TokenFault::kSignature},
        {"half of it", signing(ec_.sign(signed_text).substr(0, 32)), TokenFault::kSignature},
        {"twice", signing(ec_.sign(signed_text) + ec_.sign(signed_text)), TokenFault::kSignature},
        {"of another token", signed_text + other.substr(other.rfind('.')), TokenFault::kSignature},
        {"the body of another token",
         good.substr(0, good.find('.')) + other.substr(other.find('.'), other.rfind('.') - other.find('.')) +
             good.substr(good.rfind('.')),
         TokenFault::kSignature},
        {"RSA of zeros",
         base64url(rsa_.header()) + "." + base64url(kGood) + "." + base64url(std::string(256, '\0')),
         TokenFault::kSignature},
        {"Ed25519 of zeros",
         base64url(ed_.header()) + "." + base64url(kGood) + "." + base64url(std::string(64, '\0')),
         TokenFault::kSignature},
    });
}

}  // namespace
}  // namespace tally::edge
