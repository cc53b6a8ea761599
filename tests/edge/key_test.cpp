// Who is let in, what the others are told, and where a key must never be seen.
#include "edge_site.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class KeyTest : public EdgeSite {
  protected:
    HttpResponse with_headers(std::string_view lines, std::string_view target = "/x") const {
        return send_one(port(), fmt::format("GET {} HTTP/1.1\r\nHost: api.test\r\n{}\r\n", target, lines));
    }

    // What a record has of the answer that API Gateway gives to strangers.
    void expect_forbidden(const HttpResponse& response, const RequestRecord& record) {
        EXPECT_EQ(response.status, 403);
        EXPECT_EQ(response.body, R"({"message":"Forbidden"})");
        EXPECT_EQ(response.header("Content-Type"), "application/json");
        EXPECT_EQ(response.header("x-amzn-ErrorType"), "ForbiddenException");
        EXPECT_THAT(response.header("x-amz-apigw-id"), MatchesRegex("[A-Za-z0-9+/]{15}="));
        const std::string id = fmt::format("{:016x}{:016x}", record.id.writer, record.id.sequence);
        EXPECT_EQ(response.header("x-amzn-RequestId"),
                  fmt::format("{}-{}-{}-{}-{}", id.substr(0, 8), id.substr(8, 4), id.substr(12, 4),
                              id.substr(16, 4), id.substr(20)));
        EXPECT_EQ(record.status, 403);
        EXPECT_EQ(record.bytes_sent, response.bytes);
        EXPECT_EQ(record.result, ResultType::kError);
        EXPECT_EQ(record.content_length, 23);
        EXPECT_EQ(record.content_type, "application/json");
    }
};

TEST_F(KeyTest, AKnownKeyIsLetInUnderItsId) {
    start();
    EXPECT_EQ(get("/x").status, 200);
    const RequestRecord& record = only_record();
    EXPECT_EQ(record.auth, AuthResult::kIdentified);
    EXPECT_EQ(record.api_key_id, "key_good");
    EXPECT_EQ(record.customer_id, "cus_1");
    EXPECT_EQ(record.usage_plan, "plan_1");
    EXPECT_THAT(std::string(record.headers), HasSubstr("x-api-key:key_good\n"));
    EXPECT_THAT(upstream_.requests().at(0), HasSubstr(std::string(kKey))) << "the upstream sees the key";
}

TEST_F(KeyTest, NobodyElseIsLetInAndEachIsRecorded) {
    start();
    const HttpResponse missing = with_headers("");
    const HttpResponse empty = with_headers("x-api-key: \r\n");
    const HttpResponse unknown = with_headers(fmt::format("X-API-KEY: {}\r\n", kUnknownKey));
    const HttpResponse revoked = with_headers(fmt::format("x-api-key: {}\r\n", kRevokedKey));
    const auto& all = records(4);
    ASSERT_EQ(all.size(), 4U);
    const HttpResponse* responses[] = {&missing, &empty, &unknown, &revoked};
    for (std::size_t i = 0; i < 4; ++i)
        expect_forbidden(*responses[i], all[i]);
    EXPECT_EQ(all[0].auth, AuthResult::kMissingKey);
    EXPECT_EQ(all[1].auth, AuthResult::kMissingKey);
    EXPECT_EQ(all[2].auth, AuthResult::kUnknownKey);
    EXPECT_EQ(all[2].api_key_id, "");
    EXPECT_THAT(std::string(all[2].headers), HasSubstr("X-API-KEY:" + unknown_mask(kUnknownKey) + "\n"));
    EXPECT_EQ(all[3].auth, AuthResult::kRevokedKey);
    EXPECT_EQ(all[3].api_key_id, "key_revoked");
    EXPECT_TRUE(upstream_.requests().empty());
}

TEST_F(KeyTest, ARefusedBodyIsReadAwayAndTheConnectionKept) {
    start();
    HttpConnection connection(port());
    const std::string body(5000, 'b');
    const std::string request =
        fmt::format("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
    connection.send(request);
    EXPECT_EQ(connection.receive().status, 403);
    connection.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
    const HttpResponse head = connection.receive(true);
    EXPECT_EQ(head.status, 403);
    EXPECT_EQ(head.header("Content-Length"), "23");
    const auto& all = records(2);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].bytes_received, static_cast<std::int64_t>(request.size()));
    EXPECT_EQ(all[1].bytes_sent, head.bytes);
}

TEST_F(KeyTest, ABearerTokenOfOursIsAKey) {
    start();
    EXPECT_EQ(with_headers(fmt::format("Authorization: Bearer {}\r\n", kKey)).status, 200);
    EXPECT_EQ(with_headers(fmt::format("authorization: bearer {}\r\n", kUnknownKey)).status, 403);
    EXPECT_EQ(with_headers("Authorization: Bearer eyJ0eXAiOiJKV1Qi.e30.abc\r\n").status, 403);
    const auto& all = records(3);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].api_key_id, "key_good");
    EXPECT_THAT(std::string(all[0].headers), HasSubstr("Authorization:Bearer key_good\n"));
    EXPECT_THAT(std::string(all[1].headers), HasSubstr("authorization:bearer " + unknown_mask(kUnknownKey)));
    EXPECT_EQ(all[2].auth, AuthResult::kMissingKey) << "someone else's token";
    EXPECT_THAT(std::string(all[2].headers), Not(HasSubstr("eyJ0")));
}

TEST_F(KeyTest, CreatedAndRevokedKeysTakeEffectAtTheNextRequest) {
    start();
    for (int round = 0; round < 100; ++round) {
        const std::string key = fmt::format("tm_live_round_{}", round);
        const std::string header = fmt::format("x-api-key: {}\r\n", key);
        ASSERT_EQ(with_headers(header).status, 403);
        ASSERT_TRUE(keys_->upsert(key_entry(key, fmt::format("key_{}", round))).ok());
        ASSERT_EQ(with_headers(header).status, 200);
        ASSERT_TRUE(keys_->revoke(key_entry(key, "").digest).ok());
        ASSERT_EQ(with_headers(header).status, 403);
    }
}

TEST_F(KeyTest, TheTableMayGrowUnderTheWorkers) {
    start();
    for (int n = 0; n < 3000; ++n)
        ASSERT_TRUE(keys_->upsert(key_entry(fmt::format("tm_live_{}", n), fmt::format("key_{}", n))).ok());
    EXPECT_EQ(with_headers("x-api-key: tm_live_0\r\n").status, 200);
    EXPECT_EQ(with_headers("x-api-key: tm_live_2999\r\n").status, 200);
    EXPECT_EQ(with_headers("x-api-key: tm_live_3000\r\n").status, 403);
}

TEST_F(KeyTest, WithoutATableKeysAreRefusedAndNotLetIn) {
    keys_.reset();
    std::filesystem::remove(config_.key_table);
    config_.anonymous_paths = {"/open"};
    start();
    const HttpResponse refused = get("/x");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.body, R"({"message":"Service Unavailable"})");
    EXPECT_EQ(with_headers("").status, 403);
    EXPECT_EQ(with_headers("", "/open").status, 200);
    EXPECT_EQ(get("/open").status, 503) << "somebody's key must not pass for nobody's";
    EXPECT_THAT(error_log(), HasSubstr("cannot read the key table"));
    EXPECT_THAT(error_log(), Not(HasSubstr(std::string(kKey))));
    records(4);
}

TEST_F(KeyTest, AnonymousPathsTakeCallersWithoutAKeyButNoWrongKeys) {
    config_.anonymous_paths = {"/open"};
    start();
    EXPECT_EQ(with_headers("", "/open/a").status, 200);
    EXPECT_EQ(get("/open/a").status, 200);
    EXPECT_EQ(with_headers(fmt::format("x-api-key: {}\r\n", kUnknownKey), "/open/a").status, 403);
    EXPECT_EQ(with_headers("", "/a").status, 403);
    const auto& all = records(4);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].auth, AuthResult::kAnonymous);
    EXPECT_EQ(all[0].behavior_pattern, "/open");
    EXPECT_EQ(all[1].api_key_id, "key_good");
}

TEST_F(KeyTest, KeysInQueriesAndReferersAreMasked) {
    start();
    EXPECT_EQ(get(fmt::format("/x?a=1&cf_api_key={}&b=2", kKey),
                  fmt::format("Referer: http://h/p?api%5Fkey={}&c=3\r\n", kUnknownKey))
                  .status,
              200);
    const RequestRecord& record = only_record();
    EXPECT_EQ(record.uri_stem, "/x");
    EXPECT_EQ(record.uri_query, "a=1&cf_api_key=key_good&b=2");
    EXPECT_EQ(record.referer, "http://h/p?api%5Fkey=" + unknown_mask(kUnknownKey) + "&c=3");
}

TEST_F(KeyTest, OtherHeaderNamesCanBeConfigured) {
    config_.key_headers = {"x-token", "X-Api-Key"};
    start();
    EXPECT_EQ(with_headers(fmt::format("X-Token: {}\r\n", kKey)).status, 200);
    EXPECT_EQ(with_headers(fmt::format("x-api-key: {}\r\n", kKey)).status, 200);
    for (const RequestRecord& record : records(2))
        EXPECT_THAT(std::string(record.headers), Not(HasSubstr(std::string(kKey))));
}

// Every place where a caller can put a key that we know to look for, on good and on failing requests; then
// every file is searched for its bytes.
TEST_F(KeyTest, NoFileEverHoldsAKey) {
    config_.upstream = fmt::format("http://127.0.0.1:{}", free_port());  // nobody there: nginx logs errors
    start();
    for (const std::string_view key : {kKey, kRevokedKey, kUnknownKey}) {
        with_headers(fmt::format("x-api-key: {}\r\nReferer: http://h/?x-api-key={}\r\n", key, key),
                     fmt::format("/x?cf_api_key={}", key));
        with_headers(fmt::format("Authorization: Bearer {}\r\n", key));
        with_headers(fmt::format("Authorization: {}\r\nx-api-key: a\r\nx-api-key: {}\r\n", key, key));
        with_headers(fmt::format("Authorization: Basic {}\r\nProxy-Authorization: {}\r\n", key, key));
    }
    records(12);
    EXPECT_TRUE(nginx_->stop().ok());
    EXPECT_THAT(error_log(), HasSubstr("Connection refused"));
    EXPECT_THAT(error_log(), HasSubstr("request: \"GET /x\""));
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
        if (!entry.is_regular_file())
            continue;
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(file), {});
        for (const std::string_view key : {kKey, kRevokedKey, kUnknownKey})
            EXPECT_EQ(bytes.find(key), std::string::npos) << entry.path();
        ++files;
    }
    EXPECT_GE(files, 5);
}

}  // namespace
}  // namespace tally::test
