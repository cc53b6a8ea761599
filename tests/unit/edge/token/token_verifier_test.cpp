#include "edge/token/token_verifier.hpp"

#include "edge/token/jwks_file.hpp"
#include "support/temp_folder.hpp"
#include "support/token_maker.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::edge {
namespace {

using test::SigningKey;

constexpr SipKey kSecret{7, 8};
constexpr std::string_view kIssuer = "https://issuer.test/pool";
constexpr std::int64_t kNow = 1'700'000'000;  // seconds
constexpr std::string_view kAudiences[] = {"client-1", "client-2"};
constexpr std::string_view kUses[] = {"access"};
constexpr std::string_view kBothUses[] = {"access", "id"};
constexpr std::string_view kAnyText[] = {kAny};

std::string claims(std::string_view more = "", std::int64_t expires = kNow + 3600) {
    return fmt::format(R"({{"iss":"{}","sub":"user-1","aud":"client-1","token_use":"access","exp":{}{}{}}})",
                       kIssuer, expires, more.empty() ? "" : ",", more);
}

class TokenVerifierTest : public testing::Test {
  protected:
    void SetUp() override {
        rules_.issuer = kIssuer;
        rules_.audiences = {kAudiences, 2};
        rules_.token_uses = {kUses, 1};
        publish({rsa_, ec_, ed_});
        ASSERT_EQ(verifier_.open(path_.c_str(), rules_), 0);
    }

    void publish(const std::vector<SigningKey>& keys) {
        std::vector<IssuerKey> all;
        for (const SigningKey& key : keys)
            all.push_back(key.public_key());
        ASSERT_TRUE(file_.publish(all, instant_from_us(0), instant_from_us((kNow + 86400) * 1'000'000)).ok());
    }

    TokenVerdict check_at(std::int64_t seconds, const std::string& token) {
        return verifier_.check(token, kSecret, siphash128(kSecret, token.data(), token.size()),
                               seconds * 1'000'000);
    }

    TokenVerdict check(const std::string& token) { return check_at(kNow, token); }

    void use(const TokenRules& rules) { ASSERT_EQ(verifier_.open(path_.c_str(), rules), 0); }

    test::TempFolder folder_;
    const std::string path_ = (folder_.path() / "jwks.table").string();
    const SigningKey& rsa_ = test::key_of<SigningKey::rsa>("one");
    const SigningKey& ec_ = test::key_of<SigningKey::p256>("two");
    const SigningKey& ed_ = test::key_of<SigningKey::ed25519>("three");
    JwksFile file_{path_, std::string(kIssuer)};
    TokenRules rules_;
    TokenVerifier verifier_;
};

TEST_F(TokenVerifierTest, GoodTokensOfAllThreeAlgorithms) {
    for (const SigningKey* key : {&rsa_, &ec_, &ed_}) {
        const std::string token = key->token(claims());
        const TokenVerdict verdict = check(token);
        EXPECT_EQ(verdict.fault, TokenFault::kNone)
            << key->algorithm() << ": " << token_fault_text(verdict.fault);
        EXPECT_FALSE(verdict.was_remembered);
        EXPECT_EQ(verdict.principal, "user-1");
        EXPECT_EQ(verdict.principal_digest, principal_digest(kSecret, kIssuer, "user-1"));
        const TokenVerdict again = check(token);
        EXPECT_TRUE(again.was_remembered);
        EXPECT_EQ(again.fault, TokenFault::kNone);
        EXPECT_EQ(again.principal, "user-1");
        EXPECT_EQ(again.principal_digest, verdict.principal_digest);
    }
    EXPECT_NE(principal_digest(kSecret, kIssuer, "user-1"), principal_digest(kSecret, kIssuer, "user-2"));
    EXPECT_NE(principal_digest(kSecret, "a", "bc"), principal_digest(kSecret, "ab", "c"));
    EXPECT_NE(principal_digest(kSecret, "", "user-1"), siphash128(kSecret, "user-1", 6));
}

TEST_F(TokenVerifierTest, TokensAsIssuersReallyWriteThem) {
    const auto good = [&](std::string_view header, std::string_view body) {
        return check(rsa_.token(header, body)).fault == TokenFault::kNone;
    };
    const std::string header = rsa_.header();
    EXPECT_TRUE(good(R"({"alg":"RS256"})", claims())) << "no kid, one RSA key";
    EXPECT_TRUE(good(R"({"kid":"one","alg":"RS256"})", claims())) << "Cognito's header has no typ";
    EXPECT_TRUE(good(R"({"kid":"one","alg":"RS256","typ":"at+JWT"})", claims()));
    EXPECT_TRUE(
        good(R"({"kid":"one","alg":"RS256","x5t":"abc","x5c":["MIIB"],"x5u":"http://x","new":1})", claims()));
    EXPECT_TRUE(good(header, claims(R"("nbf":1699999999,"iat":1699999999.25)")));
    EXPECT_TRUE(good(header, claims(R"("cognito:groups":["a","b"],"address":{"country":"DE"})")));
    const std::string several = R"({"iss":"https:\/\/issuer.test\/pool","sub":"u","aud":["x","client-2"],)"
                                R"("token_use":"access","exp":1700003600})";
    EXPECT_TRUE(good(header, several)) << "escaped slashes, several audiences";
    const std::string cognito = R"({"iss":"https://issuer.test/pool","sub":"u","client_id":"client-2",)"
                                R"("token_use":"access","exp":1700003600})";
    EXPECT_TRUE(good(header, cognito)) << "Cognito's access token";
    const std::string rfc9068 =
        R"({"iss":"https://issuer.test/pool","sub":"u","aud":"client-2","exp":1700003600})";
    EXPECT_TRUE(good(R"({"kid":"one","alg":"RS256","typ":"application/at+jwt"})", rfc9068));
}

TEST_F(TokenVerifierTest, TheRulesMayBeWidened) {
    const std::string id_token =
        rsa_.token(R"({"iss":"https://issuer.test/pool","sub":"u","aud":"client-1","cognito:username":"ann",)"
                   R"("token_use":"id","exp":1700003600})");
    EXPECT_EQ(check(id_token).fault, TokenFault::kUse) << "an ID token is no access token";
    rules_.token_uses = {kBothUses, 2};
    rules_.principal_claim = "cognito:username";
    use(rules_);
    EXPECT_EQ(check(id_token).fault, TokenFault::kNone);
    EXPECT_EQ(check(id_token).principal, "ann");
    const std::string bare = rsa_.token(R"({"iss":"https://issuer.test/pool","sub":"u","exp":1700003600})");
    EXPECT_EQ(check(bare).fault, TokenFault::kAudience);
    rules_.principal_claim = "sub";
    rules_.audiences = {kAnyText, 1};
    use(rules_);
    EXPECT_EQ(check(bare).fault, TokenFault::kUse);
    rules_.token_uses = {kAnyText, 1};
    use(rules_);
    EXPECT_EQ(check(bare).fault, TokenFault::kNone);
}

TEST_F(TokenVerifierTest, TimesCountToTheSecondAndWithTheSkew) {
    const std::string token = rsa_.token(claims(R"("nbf":1700000000)"));
    EXPECT_EQ(check_at(kNow - 1, token).fault, TokenFault::kTooEarly);
    EXPECT_EQ(check_at(kNow, token).fault, TokenFault::kNone);
    EXPECT_EQ(check_at(kNow + 3599, token).fault, TokenFault::kNone);
    const TokenVerdict expired = check_at(kNow + 3600, token);
    EXPECT_EQ(expired.fault, TokenFault::kExpired);
    EXPECT_TRUE(expired.was_remembered) << "it stops at its time though it was remembered";
    EXPECT_EQ(expired.principal, "user-1");
    rules_.clock_skew_us = 60'000'000;
    use(rules_);
    EXPECT_EQ(check_at(kNow - 61, token).fault, TokenFault::kTooEarly);
    EXPECT_EQ(check_at(kNow - 60, token).fault, TokenFault::kNone);
    EXPECT_EQ(check_at(kNow + 3659, token).fault, TokenFault::kNone);
    EXPECT_EQ(check_at(kNow + 3660, token).fault, TokenFault::kExpired);
    EXPECT_EQ(check(rsa_.token(claims("", kNow - 61))).fault, TokenFault::kExpired) << "never seen before";
}

TEST_F(TokenVerifierTest, WithdrawnKeysEndWhatWasRemembered) {
    const std::string token = ec_.token(claims());
    EXPECT_EQ(check(token).fault, TokenFault::kNone);
    EXPECT_TRUE(check(token).was_remembered);
    publish({rsa_});
    EXPECT_EQ(verifier_.refresh(), 0);
    EXPECT_EQ(check(token).fault, TokenFault::kUnknownKey);
    publish({rsa_, ec_});
    EXPECT_EQ(verifier_.refresh(), 0);
    EXPECT_EQ(check(token).fault, TokenFault::kNone);
}

TEST_F(TokenVerifierTest, ANewKeyUnderAnOldNameIsAnotherKey) {
    const std::string token = ec_.token(claims());
    EXPECT_EQ(check(token).fault, TokenFault::kNone);
    publish({rsa_, SigningKey::p256("two"), ed_});
    EXPECT_EQ(verifier_.refresh(), 0);
    EXPECT_EQ(check(token).fault, TokenFault::kSignature);
}

TEST_F(TokenVerifierTest, UnknownKeysAreReportedOthersAreNot) {
    EXPECT_EQ(check(SigningKey::rsa("nine").token(claims())).fault, TokenFault::kUnknownKey);
    EXPECT_EQ(file_.unknown_kids(), 1U);
    check(SigningKey::rsa("one").token(claims()));
    check("no.token.");
    check(ec_.token(claims()));
    EXPECT_EQ(file_.unknown_kids(), 1U);
}

TEST_F(TokenVerifierTest, WithoutFreshKeysNothingCanBeSaid) {
    const std::string token = ed_.token(claims("", kNow + 200'000));
    EXPECT_EQ(check(token).fault, TokenFault::kNone);
    EXPECT_EQ(check_at(kNow + 86'400, token).fault, TokenFault::kNoKeys);
    TokenVerifier empty;
    const std::string nowhere = path_ + ".not";
    EXPECT_NE(empty.open(nowhere.c_str(), rules_), 0);
    EXPECT_TRUE(empty.configured());
    EXPECT_EQ(empty.check(token, kSecret, {}, kNow * 1'000'000).fault, TokenFault::kNoKeys);
}

TEST_F(TokenVerifierTest, RemembersFourTokensOfASetAndTheLatestUsedStay) {
    std::vector<std::string> tokens;
    std::vector<Digest128> digests;
    for (std::size_t i = 0; i < TokenMemory::kWays + 1; ++i) {
        tokens.push_back(ed_.token(claims(fmt::format(R"("jti":"{}")", i))));
        digests.push_back(Digest128{5, i});
    }
    const auto remembered = [&](std::size_t i) {
        return verifier_.check(tokens[i], kSecret, digests[i], kNow * 1'000'000).was_remembered;
    };
    for (std::size_t i = 0; i < TokenMemory::kWays; ++i)
        EXPECT_FALSE(remembered(i));
    EXPECT_TRUE(remembered(0));
    EXPECT_FALSE(remembered(4));
    EXPECT_TRUE(remembered(0));
    EXPECT_FALSE(remembered(1)) << "the longest unused one gave way";
    EXPECT_TRUE(remembered(4));
}

TEST_F(TokenVerifierTest, ManyTokensAndEachIsItself) {
    constexpr int kCount = 6000;
    std::vector<std::string> tokens;
    for (int i = 0; i < kCount; ++i)
        tokens.push_back(
            ed_.token(fmt::format(R"({{"iss":"{}","sub":"u{}","aud":"client-1","token_use":"access",)"
                                  R"("exp":1700003600}})",
                                  kIssuer, i)));
    int known = 0;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < kCount; ++i) {
            const TokenVerdict verdict = check(tokens[static_cast<std::size_t>(i)]);
            ASSERT_EQ(verdict.principal, fmt::format("u{}", i));
            known += verdict.was_remembered ? 1 : 0;
        }
    }
    EXPECT_LT(known, 4096) << "the table is fixed";
}

}  // namespace
}  // namespace tally::edge
