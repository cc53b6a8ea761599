// Callers with a token of the issuer: who is let in, what the others are told, what stands in the record.
#include "edge/command.hpp"
#include "model/principal_digest.hpp"
#include "token_site.hpp"

#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

namespace tally::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class TokenTest : public TokenSite {
  protected:
    static void expect_unauthorized(const HttpResponse& response, std::string_view body) {
        EXPECT_EQ(response.status, 401);
        EXPECT_EQ(response.body, body);
        EXPECT_EQ(response.header("Content-Type"), "application/json");
        EXPECT_EQ(response.header("x-amzn-ErrorType"), "UnauthorizedException");
        EXPECT_EQ(response.header("WWW-Authenticate"), "");
    }

    static constexpr std::string_view kUnauthorized = R"({"message":"Unauthorized"})";
    static constexpr std::string_view kExpired = R"({"message":"The incoming token has expired"})";
};

TEST_F(TokenTest, RawAndBearerTokensOfAllAlgorithmsAreLetIn) {
    start();
    const SigningKey* signers[] = {&rsa_, &ec_, &ed_};
    for (const SigningKey* key : signers) {
        const std::string token = key->token(claims());
        EXPECT_EQ(with_token(token).status, 200) << key->algorithm();
        EXPECT_EQ(with_token("Bearer " + token).status, 200) << key->algorithm();
        EXPECT_EQ(with_token("bearer   " + token).status, 200) << key->algorithm();
    }
    for (const RequestRecord& record : records(9)) {
        EXPECT_EQ(record.auth, AuthResult::kIdentified);
        EXPECT_EQ(record.api_key_id, "key_of_user_1");
        EXPECT_EQ(record.customer_id, "cus_1");
        EXPECT_EQ(record.principal, "user-1");
        EXPECT_THAT(std::string(record.headers), HasSubstr("key_of_user_1\n"));
        EXPECT_THAT(std::string(record.headers), Not(HasSubstr("eyJ")));
    }
    EXPECT_THAT(upstream_.requests().at(0), HasSubstr("Authorization: eyJ")) << "the upstream sees the token";
}

TEST_F(TokenTest, NobodyElseIsLetInAndEachIsRecorded) {
    start();
    const std::string good = rsa_.token(claims());
    const HttpResponse none = send_one(port(), "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    const HttpResponse forged = with_token(good.substr(0, good.size() - 4) + "AAAA");
    const HttpResponse junk = with_token("tm_live_not_behind_bearer");
    const HttpResponse basic = with_token("Basic dXNlcjpwYXNz");
    const HttpResponse expired = with_token(ec_.token(claims("", -10)));
    const HttpResponse id_token = with_token(rsa_.token(fmt::format(
        R"({{"iss":"{}","sub":"user-1","aud":"client-1","token_use":"id","exp":9999999999}})", kIssuer)));
    for (const HttpResponse* response : {&none, &forged, &junk, &basic, &id_token})
        expect_unauthorized(*response, kUnauthorized);
    expect_unauthorized(expired, kExpired);
    const auto& all = records(6);
    ASSERT_EQ(all.size(), 6U);
    EXPECT_EQ(all[0].auth, AuthResult::kMissingKey);
    EXPECT_EQ(all[1].auth, AuthResult::kInvalidToken);
    EXPECT_EQ(all[2].auth, AuthResult::kInvalidToken);
    EXPECT_EQ(all[3].auth, AuthResult::kMissingKey);
    EXPECT_EQ(all[4].auth, AuthResult::kExpiredToken);
    EXPECT_EQ(all[4].principal, "user-1");
    EXPECT_EQ(all[4].customer_id, "");
    EXPECT_EQ(all[5].auth, AuthResult::kInvalidToken);
    EXPECT_EQ(all[5].principal, "");
    for (const RequestRecord& record : all) {
        EXPECT_EQ(record.status, 401);
        EXPECT_EQ(record.result, ResultType::kError);
        EXPECT_THAT(std::string(record.headers), Not(HasSubstr("eyJ")));
        EXPECT_THAT(std::string(record.headers), Not(HasSubstr("dXNlcjpwYXNz")));
    }
    EXPECT_TRUE(upstream_.requests().empty());
    EXPECT_THAT(error_log(), HasSubstr("was refused: its token_use is not among the configured ones"));
    EXPECT_THAT(error_log(), Not(HasSubstr("eyJ")));
}

TEST_F(TokenTest, KeysWorkBesideTokens) {
    start();
    EXPECT_EQ(get("/x").status, 200);
    EXPECT_EQ(get("/x", "Authorization: anything at all\r\n").status, 200) << "the key counts";
    EXPECT_EQ(with_token(fmt::format("Bearer {}", kKey)).status, 200);
    EXPECT_EQ(with_token(fmt::format("Bearer {}", kRevokedKey)).status, 403);
    EXPECT_EQ(send_one(port(),
                       fmt::format("GET / HTTP/1.1\r\nHost: a\r\nx-api-key: {}\r\nAuthorization: {}\r\n\r\n",
                                   kUnknownKey, rsa_.token(claims())))
                  .status,
              403);
    EXPECT_EQ(records(5).at(1).principal, "");
}

TEST_F(TokenTest, TwoAuthorizationsAreNone) {
    start();
    const std::string token = ed_.token(claims());
    const HttpResponse response = send_one(
        port(), fmt::format("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: {}\r\nAuthorization: {}\r\n\r\n",
                            token, ed_.token(claims(R"("x":1)"))));
    EXPECT_EQ(response.status, 400) << "nginx itself refuses it";
    EXPECT_TRUE(upstream_.requests().empty());
}

TEST_F(TokenTest, APrincipalNobodyKnowsIsForbiddenAndARevokedOneToo) {
    start();
    const std::string stranger = fmt::format(
        R"({{"iss":"{}","sub":"stranger","client_id":"client-1","token_use":"access","exp":9999999999}})",
        kIssuer);
    const std::string token = ed_.token(stranger);
    const HttpResponse unknown = with_token(token);
    EXPECT_EQ(unknown.status, 403);
    EXPECT_EQ(unknown.body, R"({"message":"Forbidden"})");
    know("stranger", "key_of_stranger");
    EXPECT_EQ(with_token(token).status, 200) << "at the next request, though the token was remembered";
    ASSERT_TRUE(keys_->revoke(principal_digest(kSecret, kIssuer, "stranger")).ok());
    EXPECT_EQ(with_token(token).status, 403);
    const auto& all = records(3);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].auth, AuthResult::kUnknownKey);
    EXPECT_EQ(all[0].principal, "stranger");
    EXPECT_EQ(all[1].api_key_id, "key_of_stranger");
    EXPECT_EQ(all[2].auth, AuthResult::kRevokedKey);
    EXPECT_EQ(all[2].principal, "stranger");
}

TEST_F(TokenTest, UnknownPrincipalsMayBeAdmitted) {
    config_.token.admit_unknown = true;
    config_.token.token_uses = {"access", "id"};
    config_.token.principal_claim = "cognito:username";
    start();
    const std::string token = rsa_.token(fmt::format(
        R"({{"iss":"{}","sub":"s","cognito:username":"ann","aud":"client-1","token_use":"id","exp":9999999999}})",
        kIssuer));
    EXPECT_EQ(with_token(token).status, 200) << "the sample's ID token";
    const RequestRecord& record = only_record();
    EXPECT_EQ(record.auth, AuthResult::kIdentified);
    EXPECT_EQ(record.principal, "ann");
    EXPECT_EQ(record.api_key_id, "");
    EXPECT_EQ(record.customer_id, "");
    EXPECT_THAT(std::string(record.headers), HasSubstr("Authorization:unknown_"));
    EXPECT_THAT(std::string(record.headers), Not(HasSubstr("eyJ")));
}

TEST_F(TokenTest, PlacesWithoutTokensAndPlacesForAnybody) {
    config_.anonymous_paths = {"/open"};
    start(
        "        location /keys { tallyman on; tallyman_token off; proxy_pass http://tallyman_upstream; }\n");
    const std::string good = rsa_.token(claims());
    const std::string forged = good.substr(0, good.size() - 4) + "AAAA";
    EXPECT_EQ(with_token(good, "/keys").status, 403) << "only a key opens this one";
    EXPECT_EQ(with_token("Basic abc", "/open").status, 200);
    EXPECT_EQ(with_token("opaque", "/open").status, 200) << "it may be the upstream's";
    EXPECT_EQ(with_token(good, "/open").status, 200);
    expect_unauthorized(with_token(forged, "/open"), kUnauthorized);
    const auto& all = records(5);
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[0].auth, AuthResult::kMissingKey);
    EXPECT_EQ(all[1].auth, AuthResult::kAnonymous);
    EXPECT_EQ(all[2].auth, AuthResult::kAnonymous);
    EXPECT_EQ(all[3].principal, "user-1");
}

TEST_F(TokenTest, RememberedTokensStopAtTheirTime) {
    start();
    const std::string token = ec_.token(claims("", 2));
    EXPECT_EQ(with_token(token).status, 200);
    EXPECT_EQ(with_token(token).status, 200);
    EXPECT_EQ(wait_for_status(401, token), 401);
    expect_unauthorized(with_token(token), kExpired);
}

TEST_F(TokenTest, KeysRollOverWhileNginxRuns) {
    start();
    const SigningKey next = SigningKey::ed25519("next");
    const std::string old_token = ec_.token(claims());
    const std::string new_token = next.token(claims());
    EXPECT_EQ(with_token(old_token).status, 200);
    EXPECT_EQ(with_token(new_token).status, 401);
    publish({ec_, next});
    EXPECT_EQ(wait_for_status(200, new_token), 200);
    EXPECT_EQ(with_token(old_token).status, 200) << "both while both are published";
    publish({next});
    EXPECT_EQ(wait_for_status(401, old_token), 401) << "withdrawn, so what was remembered is forgotten";
    EXPECT_EQ(with_token(new_token).status, 200);
}

TEST_F(TokenTest, TenThousandUnknownKeysLeadToOneFetchAMinute) {
    start();
    const SigningKey next = SigningKey::ed25519("next");
    issuer_.serve(key_set({rsa_, next}));
    EXPECT_EQ(issuer_.requests(), 1);
    HttpConnection connection(port());
    const std::string body = base64url(claims()) + ".AAAA";
    for (int i = 0; i < 10'000; i += 100) {
        std::string requests;
        for (int j = i; j < i + 100; ++j) {
            const std::string header = base64url(fmt::format(R"({{"alg":"EdDSA","kid":"unknown-{}"}})", j));
            requests +=
                fmt::format("HEAD /x HTTP/1.1\r\nHost: a\r\nAuthorization: {}.{}\r\n\r\n", header, body);
        }
        connection.send(requests);
        for (int j = 0; j < 100; ++j)
            ASSERT_EQ(connection.receive(true).status, 401);
        refresh_clock_.advance(std::chrono::milliseconds(300));
        ASSERT_TRUE(refresh_.step().ok());
    }
    EXPECT_EQ(file_.unknown_kids(), 10'000U);
    EXPECT_EQ(issuer_.requests(), 1) << "30 seconds on the server's clock";
    refresh_clock_.advance(std::chrono::seconds(30));
    ASSERT_TRUE(refresh_.step().ok());
    EXPECT_EQ(issuer_.requests(), 2);
    EXPECT_EQ(wait_for_status(200, next.token(claims())), 200);
    EXPECT_EQ(issuer_.requests(), 2);
}

TEST_F(TokenTest, WithoutTheIssuersKeysNothingIsSaidOfATokenButKeysWork) {
    std::filesystem::remove(config_.token.jwks);
    start();
    const std::string token = rsa_.token(claims());
    EXPECT_EQ(with_token(token).status, 503);
    EXPECT_EQ(get("/x").status, 200);
    EXPECT_THAT(error_log(), HasSubstr("cannot read the issuer's keys"));
    publish({rsa_});
    EXPECT_EQ(wait_for_status(200, token), 200);
    EXPECT_EQ(with_token(token).status, 200);
}

// What nginx -t says of the directives in place of those that Tallyman writes.
class TokenDirectivesTest : public TokenSite {
  protected:
    std::string said_of(std::string_view directives) {
        std::string text = *edge::nginx_config_text(config_, ::geteuid() == 0);
        const std::size_t from = text.find("    tallyman_jwks");
        const std::size_t to = text.find("    tallyman_segment_size");
        text.replace(from, to - from, std::string(directives) + "\n");
        const std::string path = (config_.folder / "tried.conf").string();
        std::ofstream(path) << text;
        const auto tried =
            edge::run_command({edge::find_nginx()->string(), "-t", "-q", "-e", "stderr", "-c", path});
        EXPECT_TRUE(tried.ok());
        return tried->output;
    }
};

TEST_F(TokenDirectivesTest, WrongValuesAreNamedWithLineAndReason) {
    const std::string jwks = "tallyman_jwks /keys;";
    const std::string issuer = jwks + " tallyman_jwt_issuer https://i;";
    const std::string whole = issuer + " tallyman_jwt_audience a;";
    EXPECT_EQ(
        said_of(whole +
                " tallyman_token on; tallyman_jwt_clock_skew 5m; tallyman_jwt_unknown_principal admit;"),
        "");
    const std::pair<std::string, std::string_view> cases[] = {
        {jwks, "\"tallyman_jwks\", \"tallyman_jwt_audience\" and \"tallyman_jwt_token_use\" need"},
        {"tallyman_token on;", "\"tallyman_token on\" needs \"tallyman_jwt_issuer name;\""},
        {"tallyman_jwt_issuer https://i;", "needs \"tallyman_jwks path;\""},
        {issuer, "needs \"tallyman_jwt_audience name ...;\""},
        {whole + whole, "is duplicate"},
        {jwks + " tallyman_jwt_issuer \"\";", "needs a text of 1 to 512 bytes"},
        {issuer + " tallyman_jwt_audience \"\";", "needs texts that are not empty"},
        {whole + " tallyman_jwt_clock_skew 301s;", "must be 300s at most"},
        {whole + " tallyman_jwt_clock_skew soon;", "invalid value"},
        {whole + " tallyman_jwt_unknown_principal maybe;", "invalid value \"maybe\""},
        {whole + " tallyman_token perhaps;", "it must be \"on\" or \"off\""},
        {whole + " tallyman_jwt_principal_claim;", "invalid number of arguments"},
    };
    for (const auto& [directives, reason] : cases)
        EXPECT_THAT(said_of(directives), HasSubstr(std::string(reason))) << directives;
}

}  // namespace
}  // namespace tally::test
