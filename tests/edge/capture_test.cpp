// What a record says must be what the client saw: status, bytes on the wire, fields as they were sent.
#include "edge/command.hpp"
#include "edge_site.hpp"

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

using testing::HasSubstr;

constexpr unsigned char kLoopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1};

std::string keyed(std::string_view method, std::string_view target, std::string_view more = "",
                  std::string_view version = "HTTP/1.1") {
    return fmt::format("{} {} {}\r\nHost: api.test\r\nx-api-key: {}\r\n{}\r\n", method, target, version, kKey,
                       more);
}

class CaptureTest : public EdgeSite {
  protected:
    // Sends the request and holds the record of it against what came back.
    const RequestRecord& check(const std::string& request) {
        response_ = send_one(port(), request);
        const RequestRecord& record = only_record();
        EXPECT_EQ(record.status, response_.status);
        EXPECT_EQ(record.bytes_sent, response_.bytes);
        EXPECT_EQ(record.bytes_received, static_cast<std::int64_t>(request.size()));
        EXPECT_EQ(record.state, CaptureState::kDone);
        EXPECT_EQ(record.method, request.substr(0, request.find(' ')));
        return record;
    }

    HttpResponse response_;
};

TEST_F(CaptureTest, EveryFieldOfAPlainRequest) {
    start();
    const std::int64_t before_us = to_us(clock_.now());
    const std::string request = keyed("GET", "/A%20b/../c//d?q=1&r=%41",
                                      "User-Agent: probe/1\r\nReferer: http://r/\r\nCookie: a=b\r\n"
                                      "Accept: */*\r\nAccept-Encoding: br\r\n"
                                      "X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\nX-Odd: \xC3\xA9\r\n");
    const RequestRecord& record = check(request);
    EXPECT_EQ(response_.body, "hello");
    EXPECT_EQ(record.uri_stem, "/A%20b/../c//d");
    EXPECT_EQ(record.uri_query, "q=1&r=%41");
    EXPECT_EQ(record.resource_path, "/c/d");
    EXPECT_EQ(record.host, "api.test");
    EXPECT_EQ(record.user_agent, "probe/1");
    EXPECT_EQ(record.referer, "http://r/");
    EXPECT_EQ(record.cookie, "a=b");
    EXPECT_EQ(record.accept, "*/*");
    EXPECT_EQ(record.accept_encoding, "br");
    EXPECT_EQ(record.x_forwarded_for, "10.0.0.1, 10.0.0.2");
    EXPECT_EQ(record.headers,
              "Host:api.test\nx-api-key:key_good\nUser-Agent:probe/1\nReferer:http://r/\n"
              "Cookie:a=b\nAccept:*/*\nAccept-Encoding:br\n"
              "X-Forwarded-For:10.0.0.1, 10.0.0.2\nX-Odd:\xC3\xA9\n");
    EXPECT_EQ(record.header_count, 9);
    EXPECT_EQ(record.stage, "test");
    EXPECT_EQ(record.edge_location, "EDGE1-P1");
    EXPECT_EQ(record.distribution, "d111.example.net");
    EXPECT_EQ(record.behavior_pattern, "*");
    EXPECT_EQ(record.content_type, "application/json");
    EXPECT_EQ(record.content_length, 5);
    EXPECT_EQ(record.range_start, kAbsent);
    EXPECT_EQ(record.http_version, 11);
    EXPECT_FALSE(record.is_https);
    EXPECT_FALSE(record.is_websocket);
    EXPECT_FALSE(record.client_is_ipv6);
    EXPECT_EQ(std::memcmp(record.client_address, kLoopback, 16), 0);
    EXPECT_EQ(std::memcmp(record.server_address, kLoopback, 16), 0);
    EXPECT_NE(record.client_port, 0);
    EXPECT_EQ(record.result, ResultType::kMiss);
    EXPECT_EQ(record.response_result, ResultType::kMiss);
    EXPECT_EQ(record.cache_status, CacheStatus::kNone);
    const std::int64_t after_us = to_us(clock_.now());
    EXPECT_GE(to_us(record.time), before_us - 20'000) << "nginx's own clock is cached";
    EXPECT_LE(to_us(record.time), after_us);
    EXPECT_GT(record.first_byte_us, 0);
    EXPECT_GE(record.time_taken_us, record.first_byte_us);
    EXPECT_LE(record.time_taken_us, after_us - before_us + 20'000);
    EXPECT_GE(record.origin_first_byte_us, 0);
    EXPECT_GE(record.origin_last_byte_us, record.origin_first_byte_us);
}

TEST_F(CaptureTest, Head) {
    start();
    check(keyed("HEAD", "/x"));
    EXPECT_EQ(response_.header("Content-Length"), "5");
    EXPECT_EQ(only_record().content_length, 5);
}

TEST_F(CaptureTest, PostWithABody) {
    start();
    const std::string body(100'000, 'p');
    check(keyed("POST", "/x", fmt::format("Content-Length: {}\r\n", body.size())) + body);
    EXPECT_EQ(response_.body, body);
}

TEST_F(CaptureTest, NotFound) {
    start();
    EXPECT_EQ(check(keyed("DELETE", "/status/404")).result, ResultType::kError);
    EXPECT_EQ(only_record().detailed_result, DetailedResult::kSame);
}

TEST_F(CaptureTest, OriginError) {
    start();
    EXPECT_EQ(check(keyed("GET", "/status/500")).detailed_result, DetailedResult::kOriginError);
}

TEST_F(CaptureTest, Chunked) {
    start();
    const RequestRecord& record = check(keyed("GET", "/chunked"));
    EXPECT_EQ(response_.body, "hello world");
    EXPECT_EQ(record.content_length, kAbsent);
    EXPECT_EQ(record.content_type, "text/plain; charset=utf-8");
}

TEST_F(CaptureTest, Http10) {
    start();
    EXPECT_EQ(check(keyed("GET", "/x", "", "HTTP/1.0")).http_version, 10);
}

TEST_F(CaptureTest, UpstreamDown) {
    config_.upstream = fmt::format("http://127.0.0.1:{}", free_port());
    start();
    const RequestRecord& record = check(keyed("GET", "/x"));
    EXPECT_EQ(record.status, 502);
    EXPECT_EQ(record.detailed_result, DetailedResult::kOriginConnectError);
    EXPECT_EQ(record.origin_first_byte_us, kAbsent);
}

TEST_F(CaptureTest, UpstreamHangsUp) {
    start();
    EXPECT_EQ(check(keyed("GET", "/drop")).detailed_result, DetailedResult::kOriginReadError);
    EXPECT_EQ(only_record().status, 502);
}

TEST_F(CaptureTest, ClientHangsUpBeforeTheAnswer) {
    start();
    HttpConnection connection(port());
    connection.send(keyed("GET", "/wait"));
    upstream_.wait_for_requests(1);
    connection.abort();
    const RequestRecord& record = only_record();
    EXPECT_EQ(record.status, 499);
    EXPECT_EQ(record.detailed_result, DetailedResult::kClientHungUpRequest);
    EXPECT_EQ(record.bytes_sent, 0);
    EXPECT_EQ(record.first_byte_us, kAbsent);
    EXPECT_EQ(record.api_key_id, "key_good");
}

TEST_F(CaptureTest, ClientHangsUpInTheAnswer) {
    start();
    HttpConnection connection(port());
    connection.send(keyed("POST", "/hold", "Content-Length: 60000\r\n") + std::string(60'000, 'h'));
    EXPECT_TRUE(connection.receive_more());
    connection.abort();
    const RequestRecord& record = only_record();
    EXPECT_EQ(record.status, 200);
    EXPECT_EQ(record.response_result, ResultType::kMiss);
    EXPECT_EQ(record.result, ResultType::kError);
    EXPECT_EQ(record.detailed_result, DetailedResult::kClientCommError);
}

TEST_F(CaptureTest, PipelinedRequestsHaveARecordEach) {
    start();
    HttpConnection connection(port());
    connection.send(keyed("GET", "/1") + keyed("HEAD", "/22") + keyed("GET", "/333"));
    const std::int64_t bytes[] = {connection.receive().bytes, connection.receive(true).bytes,
                                  connection.receive().bytes};
    const auto& all = records(3);
    ASSERT_EQ(all.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(all[i].id.sequence, i);
        EXPECT_EQ(all[i].bytes_sent, bytes[i]);
    }
    EXPECT_EQ(all[0].bytes_received, static_cast<std::int64_t>(keyed("GET", "/1").size()));
    EXPECT_EQ(all[2].uri_stem, "/333");
}

TEST_F(CaptureTest, AnUpgradeIsAWebSocket) {
    start();
    HttpConnection connection(port());
    connection.send(keyed("GET", "/upgrade", "Upgrade: echo\r\nConnection: Upgrade\r\n"));
    const HttpResponse response = connection.receive();
    EXPECT_EQ(response.status, 101);
    connection.send("ping");
    while (connection.buffered() < 4 && connection.receive_more())
        continue;
    connection.abort();
    const RequestRecord& record = only_record();
    EXPECT_EQ(record.status, 101);
    EXPECT_TRUE(record.is_websocket);
    EXPECT_EQ(record.bytes_sent, response.bytes + 4);
}

TEST_F(CaptureTest, WhatNginxCannotReadIsRecordedToo) {
    start();
    EXPECT_EQ(send_one(port(), "GET /x HTTP/1.1\r\n\r\n").status, 400);
    EXPECT_EQ(send_one(port(), "NONSENSE\r\n\r\n").status, 400);
    EXPECT_EQ(
        send_one(port(), keyed("GET", "/x", fmt::format("X-Big: {}\r\n", std::string(9000, 'b')))).status,
        400);
    EXPECT_EQ(send_one(port(), keyed("POST", "/x", "Content-Length: 999999999999\r\n")).status, 413);
    const auto& all = records(4);
    ASSERT_EQ(all.size(), 4U);
    for (const RequestRecord& record : all) {
        EXPECT_EQ(record.result, ResultType::kError);
        EXPECT_EQ(record.detailed_result, DetailedResult::kInvalidRequest);
    }
    EXPECT_EQ(all[2].status, 400);
    EXPECT_EQ(all[3].api_key_id, "key_good");
}

TEST_F(CaptureTest, BigHeadersAreKeptWhole) {
    start();
    std::string lines;
    for (int n = 0; n < 25; ++n)
        lines += fmt::format("X-{}: {}\r\n", n, std::string(900, static_cast<char>('a' + n % 26)));
    const RequestRecord& record = check(keyed(
        "GET", "/" + std::string(3000, 'u') + "?" + std::string(3000, 'q'), lines + "User-Agent: last\r\n"));
    EXPECT_EQ(record.header_count, 28);
    EXPECT_EQ(record.user_agent, "last");
    EXPECT_EQ(record.uri_stem.size(), 3001U);
    EXPECT_EQ(record.uri_query.size(), 3000U);
    EXPECT_THAT(std::string(record.headers),
                HasSubstr("X-24:" + std::string(900, 'y') + "\nUser-Agent:last\n"));
}

TEST_F(CaptureTest, ManyForwardedLinesAreAllKept) {
    start();
    const RequestRecord& record =
        check(keyed("GET", "/x", "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2\r\n"));
    EXPECT_THAT(std::string(record.x_forwarded_for), testing::StartsWith("10.0.0.1"));
    EXPECT_THAT(std::string(record.headers),
                HasSubstr("X-Forwarded-For:10.0.0.1\nX-Forwarded-For:10.0.0.2\n"));
}

TEST_F(CaptureTest, ABodyThatNobodyReadsCountsAsReceived) {
    start("        location /own { return 200 \"own\"; }\n");
    const std::string body(50'000, 'u');
    check(keyed("POST", "/own", fmt::format("Content-Length: {}\r\n", body.size())) + body);
    EXPECT_EQ(response_.body, "own");
}

TEST_F(CaptureTest, TlsIsDescribedAsOnTheWire) {
    config_.certificate = folder_.path() / "cert.pem";
    config_.certificate_key = folder_.path() / "key.pem";
    const auto made = edge::run_command({"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                                         "-days", "1", "-subj", "/CN=api.test", "-keyout",
                                         config_.certificate_key, "-out", config_.certificate});
    ASSERT_EQ(made->exit_code, 0) << made->output;
    start();
    const auto said = edge::run_command({"/usr/bin/curl", "-sk", "--tlsv1.3", "--tls13-ciphers",
                                         "TLS_AES_128_GCM_SHA256", "-H", fmt::format("x-api-key: {}", kKey),
                                         fmt::format("https://127.0.0.1:{}/x", port())});
    EXPECT_EQ(said->output, "hello");
    const RequestRecord& record = only_record();
    EXPECT_TRUE(record.is_https);
    EXPECT_EQ(record.tls_protocol, 0x0304);
    EXPECT_EQ(record.tls_cipher, 0x1301);
}

// From here on nginx itself answers, in locations that are put in by hand.
class OwnAnswers : public CaptureTest {
  protected:
    void SetUp() override {
        std::ofstream(folder_.path() / "page.txt") << "0123456789abcdef";
        start(fmt::format(R"(
        location /file/ {{ alias {0}/; }}
        location /https {{ return 301 https://api.test/; }}
        location /moved {{ return 302 /file/page.txt; }}
        location /error {{ error_page 404 /file/page.txt; root {0}; }}
        location /named {{ error_page 404 = @fallback; root {0}; }}
        location @fallback {{ tallyman off; return 200 "fallback"; }}
        location /inner {{ internal; alias {0}/; }}
        location /first {{ tallyman_anonymous on; try_files /none /inner/page.txt; }}
        location /side {{ auth_request /check; root {0}; try_files /page.txt =404; }}
        location /check {{ internal; tallyman_anonymous on; return 204; }}
)",
                          folder_.path().string()));
    }
};

TEST_F(OwnAnswers, AStaticFile) {
    const RequestRecord& record = check(keyed("GET", "/file/page.txt"));
    EXPECT_EQ(record.content_length, 16);
    EXPECT_EQ(record.result, ResultType::kMiss);
    EXPECT_EQ(record.origin_first_byte_us, kAbsent);
}

TEST_F(OwnAnswers, ARangeIsKnownWithItsFinalStatus) {
    const RequestRecord& record = check(keyed("GET", "/file/page.txt", "Range: bytes=2-5\r\n"));
    EXPECT_EQ(response_.body, "2345");
    EXPECT_EQ(record.status, 206);
    EXPECT_EQ(record.range_start, 2);
    EXPECT_EQ(record.range_end, 5);
    EXPECT_EQ(record.content_length, 4);
}

TEST_F(OwnAnswers, ARangeOutsideTheFile) {
    const RequestRecord& record = check(keyed("GET", "/file/page.txt", "Range: bytes=90-95\r\n"));
    EXPECT_EQ(record.status, 416);
    EXPECT_EQ(record.range_start, kAbsent);
}

TEST_F(OwnAnswers, NotModified) {
    const std::string etag = send_one(port(), keyed("GET", "/file/page.txt")).header("ETag");
    const HttpResponse response =
        send_one(port(), keyed("GET", "/file/page.txt", fmt::format("If-None-Match: {}\r\n", etag)));
    const auto& all = records(2);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(response.status, 304);
    EXPECT_EQ(all[1].status, 304);
    EXPECT_EQ(all[1].bytes_sent, response.bytes);
}

TEST_F(OwnAnswers, Redirects) {
    EXPECT_EQ(send_one(port(), keyed("GET", "/https")).status, 301);
    EXPECT_EQ(send_one(port(), keyed("GET", "/moved")).status, 302);
    const auto& all = records(2);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].result, ResultType::kRedirect);
    EXPECT_EQ(all[1].result, ResultType::kMiss);
}

TEST_F(OwnAnswers, AnErrorPageIsOneRecordOfTheFirstRequest) {
    const RequestRecord& record = check(keyed("GET", "/error/none?a=b"));
    EXPECT_EQ(response_.body, "0123456789abcdef");
    EXPECT_EQ(record.status, 404);
    EXPECT_EQ(record.uri_stem, "/error/none");
    EXPECT_EQ(record.api_key_id, "key_good");
}

TEST_F(OwnAnswers, ANamedLocationWithoutTallymanKeepsTheRecord) {
    const RequestRecord& record = check(keyed("GET", "/named/none"));
    EXPECT_EQ(response_.body, "fallback");
    EXPECT_EQ(record.status, 200);
    EXPECT_EQ(record.api_key_id, "key_good");
}

TEST_F(OwnAnswers, AnInternalRedirectIntoAStricterLocationAsksForTheKey) {
    const HttpResponse stranger = send_one(port(), "GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(stranger.status, 403);
    EXPECT_EQ(stranger.body, R"({"message":"Forbidden"})");
    const HttpResponse caller = send_one(port(), keyed("GET", "/first"));
    EXPECT_EQ(caller.body, "0123456789abcdef");
    records(2);
}

TEST_F(OwnAnswers, SubrequestsHaveNoRecord) {
    EXPECT_EQ(check(keyed("GET", "/side")).uri_stem, "/side");
    EXPECT_EQ(response_.body, "0123456789abcdef");
}

TEST_F(OwnAnswers, TheHealthPathIsNotRecorded) {
    EXPECT_EQ(send_one(port(), fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", edge::kHealthPath)).body,
              "ok\n");
    check(keyed("GET", "/file/page.txt"));
}

}  // namespace
}  // namespace tally::test
