// TLS, HTTP/2, redirects, errors and behaviours: what the client gets, and what its record says.
#include "edge/command.hpp"
#include "edge_site.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

using testing::HasSubstr;

std::string keyed(std::string_view method, std::string_view target, std::string_view more = "") {
    return fmt::format("{} {} HTTP/1.1\r\nHost: api.test\r\nx-api-key: {}\r\n{}\r\n", method, target, kKey,
                       more);
}

class ProtocolTest : public EdgeSite {
  protected:
    void use_tls() {
        config_.certificate = folder_.path() / "cert.pem";
        config_.certificate_key = folder_.path() / "key.pem";
        const auto made =
            edge::run_command({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=api.test",
                               "-keyout", config_.certificate_key, "-out", config_.certificate});
        ASSERT_EQ(made->exit_code, 0) << made->output;
    }

    // What curl prints of the request; `options` before the key and the address.
    std::string curl(std::vector<std::string> options, std::string_view target = "/x") {
        std::vector<std::string> command = {"/usr/bin/curl", "-sk"};
        command.insert(command.end(), options.begin(), options.end());
        command.insert(command.end(), {"-H", fmt::format("x-api-key: {}", kKey),
                                       fmt::format("https://127.0.0.1:{}{}", port(), target)});
        const auto said = edge::run_command(command);
        return said.ok() ? said->output : "";
    }

    void expect_json_error(const HttpResponse& response, int status, std::string_view message,
                           std::string_view type) {
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(response.body, fmt::format(R"({{"message":"{}"}})", message));
        EXPECT_EQ(response.header("Content-Type"), "application/json");
        EXPECT_EQ(response.header("x-amzn-ErrorType"), type);
        EXPECT_EQ(response.header("x-amzn-RequestId").size(), 36U);
    }
};

TEST_F(ProtocolTest, TlsVersionsAndCiphersAreInTheRecord) {
    use_tls();
    start();

    const struct {
        std::vector<std::string> options;
        std::uint16_t protocol;
        std::uint16_t cipher;
        std::uint16_t http;
    } cases[] = {
        {{"--http1.1", "--tlsv1.3", "--tls13-ciphers", "TLS_AES_256_GCM_SHA384"}, 0x0304, 0x1302, 11},
        {{"--http1.1", "--tlsv1.2", "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"},
         0x0303,
         0xC02B,
         11},
        {{"--http1.1", "--tlsv1.2", "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305"},
         0x0303,
         0xCCA9,
         11},
        {{"--http2", "--tlsv1.3", "--tls13-ciphers", "TLS_AES_128_GCM_SHA256"}, 0x0304, 0x1301, 20},
        {{"--http2", "--tlsv1.2", "--tls-max", "1.2"}, 0x0303, 0, 20},
    };

    std::size_t count = 0;
    for (const auto& each : cases) {
        EXPECT_EQ(curl(each.options), "hello");
        const RequestRecord record = records(++count).back();
        EXPECT_TRUE(record.is_https);
        EXPECT_EQ(record.tls_protocol, each.protocol);
        if (each.cipher != 0) {
            EXPECT_EQ(record.tls_cipher, each.cipher);
        }
        EXPECT_EQ(record.http_version, each.http);
        EXPECT_EQ(record.status, 200);
    }
    EXPECT_EQ(curl({"--tlsv1.0", "--tls-max", "1.1"}), "") << "older TLS is refused";
    records(count);
}

TEST_F(ProtocolTest, Http2IsRecordedAsOneRequestAStream) {
    use_tls();
    start();
    EXPECT_EQ(
        curl({"--http2", "-H", "User-Agent: h2", "-H", "Cookie: a=b", "-H", "Cookie: c=d", "-d", "body"},
             "/a/b?q=1"),
        "body");
    const RequestRecord& record = only_record();
    EXPECT_EQ(record.http_version, 20);
    EXPECT_EQ(record.method, "POST");
    EXPECT_EQ(record.uri_stem, "/a/b");
    EXPECT_EQ(record.uri_query, "q=1");
    EXPECT_EQ(record.user_agent, "h2");
    EXPECT_EQ(record.api_key_id, "key_good");
    EXPECT_THAT(std::string(record.headers), HasSubstr("x-api-key:key_good\n"));
    EXPECT_GT(record.bytes_sent, 0);
    EXPECT_GT(record.bytes_received, 4);
    EXPECT_EQ(curl({"--http2", "-o", "/dev/null", "-w", "%{http_version}", "-X", "OPTIONS"}), "2");
}

TEST_F(ProtocolTest, Http2CanBeSwitchedOff) {
    use_tls();
    config_.http2 = false;
    start();
    EXPECT_EQ(curl({"--http2", "-o", "/dev/null", "-w", "%{http_version}"}), "1.1");
}

TEST_F(ProtocolTest, PlainHttpIsSentToHttps) {
    use_tls();
    const std::uint16_t plain = free_port();
    config_.redirect_listen = fmt::format("127.0.0.1:{}", plain);
    start();
    const HttpResponse moved = send_one(plain, "GET /a?b=c HTTP/1.1\r\nHost: api.test\r\n\r\n");
    EXPECT_EQ(moved.status, 301);
    EXPECT_EQ(moved.header("Location"), fmt::format("https://api.test:{}/a?b=c", port()));
    const HttpResponse kept = send_one(plain, keyed("POST", "/a", "Content-Length: 0\r\n"));
    EXPECT_EQ(kept.status, 307);
    const auto& all = records(2);
    ASSERT_EQ(all.size(), 2U);
    for (const RequestRecord& record : all) {
        EXPECT_EQ(record.result, ResultType::kRedirect);
        EXPECT_FALSE(record.is_https);
    }
    EXPECT_TRUE(upstream_.requests().empty());
}

TEST_F(ProtocolTest, NginxsOwnErrorsAreJson) {
    config_.body_size_max = "100";
    start();
    expect_json_error(send_one(port(), "GET /x HTTP/1.1\r\n\r\n"), 400, "Bad Request", "BadRequestException");
    expect_json_error(send_one(port(), "NONSENSE\r\n\r\n"), 400, "Bad Request", "BadRequestException");
    expect_json_error(send_one(port(), keyed("POST", "/x", "Content-Length: 101\r\n")), 413,
                      "HTTP content length exceeded 100 bytes", "RequestTooLargeException");
    expect_json_error(
        send_one(port(), fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", std::string(9000, 'u'))), 414,
        "URI Too Long", "BadRequestException");
    const auto& all = records(4);
    for (const RequestRecord& record : all) {
        EXPECT_EQ(record.result, ResultType::kError);
        EXPECT_EQ(record.detailed_result, DetailedResult::kInvalidRequest);
        EXPECT_EQ(record.content_type, "application/json");
    }
}

TEST_F(ProtocolTest, AnUpstreamThatIsDownIsA502OfTheGateway) {
    config_.upstream = fmt::format("http://127.0.0.1:{}", free_port());
    start();
    HttpConnection connection(port());
    for (int i = 0; i < 2; ++i) {
        connection.send(keyed("GET", "/x"));
        expect_json_error(connection.receive(), 502, "Internal server error", "InternalServerErrorException");
    }
    const auto& all = records(2);
    ASSERT_EQ(all.size(), 2U) << "the connection is kept";
    EXPECT_EQ(all[0].detailed_result, DetailedResult::kOriginConnectError);
    EXPECT_EQ(all[0].content_length, 35);
}

TEST_F(ProtocolTest, AnUpstreamThatHangsUpOrIsSilent) {
    config_.upstream_read_timeout = std::chrono::milliseconds(300);
    start();
    expect_json_error(get("/drop"), 502, "Internal server error", "InternalServerErrorException");
    expect_json_error(get("/wait"), 504, "Endpoint request timed out", "");
    const auto& all = records(2);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].detailed_result, DetailedResult::kOriginReadError);
    EXPECT_EQ(all[1].detailed_result, DetailedResult::kOriginReadError);
    EXPECT_EQ(all[1].status, 504);
    EXPECT_GE(all[1].time_taken_us, 290'000);
}

TEST_F(ProtocolTest, ErrorsOfTheUpstreamPassAsTheyAre) {
    start();
    const HttpResponse response = get("/status/503");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(only_record().detailed_result, DetailedResult::kOriginError);
}

TEST_F(ProtocolTest, AHeadOfAnErrorHasNoBody) {
    config_.upstream = fmt::format("http://127.0.0.1:{}", free_port());
    start();
    HttpConnection connection(port());
    connection.send(keyed("HEAD", "/x"));
    const HttpResponse head = connection.receive(true);
    EXPECT_EQ(head.status, 502);
    EXPECT_EQ(head.header("Content-Length"), "35");
    connection.send(keyed("HEAD", "/x"));
    EXPECT_EQ(connection.receive(true).status, 502) << "nothing of a body in between";
}

TEST_F(ProtocolTest, ABehaviourTakesItsMethodsAlone) {
    edge::CacheBehavior readers;
    readers.path = "/read/*";
    readers.methods = {"GET", "HEAD"};
    config_.behaviors = {readers};
    start();
    EXPECT_EQ(get("/read/x").status, 200);
    for (const char* method : {"POST", "DELETE", "BREW"})
        expect_json_error(send_one(port(), keyed(method, "/read/x", "Content-Length: 0\r\n")), 403,
                          "Missing Authentication Token", "MissingAuthenticationTokenException");
    EXPECT_EQ(send_one(port(), keyed("BREW", "/else", "Content-Length: 0\r\n")).status, 200);
    const auto& all = records(5);
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[1].result, ResultType::kError);
    EXPECT_EQ(all[1].detailed_result, DetailedResult::kInvalidRequestMethod);
    EXPECT_EQ(all[1].api_key_id, "key_good");
    EXPECT_EQ(all[1].behavior_pattern, "/read/*");
    EXPECT_EQ(upstream_.requests().size(), 2U);
}

TEST_F(ProtocolTest, TheFirstBehaviourThatFitsCounts) {
    const auto named = [](const char* path, std::optional<bool> anonymous) {
        edge::CacheBehavior behavior;
        behavior.path = path;
        behavior.anonymous = anonymous;
        return behavior;
    };
    config_.behaviors = {named("/a/*.json", true), named("/a/*", false), named("/p?ge", true),
                         named("*.png", true), named("*", std::nullopt)};
    config_.anonymous_paths = {"/open/", "/a/open/"};
    start();

    const struct {
        const char* path;
        const char* behavior;
        int status;
    } cases[] = {
        {"/a/x.json", "/a/*.json", 200}, {"/a/x.jsonx", "/a/*", 403}, {"/a/open/x", "/a/*", 403},
        {"/page", "/p?ge", 200},         {"/pge", "*", 403},          {"/deep/x.png", "*.png", 200},
        {"/deep/x.PNG", "*", 403},       {"/open/x", "/open/", 200},  {"/b/../a/%78.json", "/a/*.json", 200},
        {"/a%2fx", "/a/*", 403}};

    std::size_t count = 0;
    for (const auto& each : cases) {
        EXPECT_EQ(send_one(port(), fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", each.path)).status,
                  each.status)
            << each.path;
        EXPECT_EQ(records(++count).back().behavior_pattern, each.behavior) << each.path;
    }
}

TEST_F(ProtocolTest, CompressionCountsWhatWasSent) {
    config_.gzip = true;
    start();
    const std::string body(20'000, 'z');
    const HttpResponse response = send_one(
        port(),
        keyed("POST", "/x", fmt::format("Accept-Encoding: gzip\r\nContent-Length: {}\r\n", body.size())) +
            body);
    EXPECT_EQ(response.header("Content-Encoding"), "gzip");
    EXPECT_LT(response.bytes, 2000);
    EXPECT_EQ(only_record().bytes_sent, response.bytes);
}

TEST_F(ProtocolTest, AnIdempotentRequestGoesToTheNextUpstream) {
    config_.more_upstreams = {config_.upstream};
    config_.upstream = fmt::format("http://127.0.0.1:{}", free_port());
    start();
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(get(fmt::format("/{}", i)).status, 200);
    const auto& all = records(4);
    EXPECT_EQ(all.size(), 4U);
    EXPECT_EQ(upstream_.requests().size(), 4U);
}

TEST_F(ProtocolTest, AGetMayBeSentTwiceAndAPostNot) {
    config_.more_upstreams = {fmt::format("http://localhost:{}", upstream_.port())};
    start();
    EXPECT_EQ(get("/drop").status, 502);
    EXPECT_EQ(upstream_.requests().size(), 2U);
    ASSERT_TRUE(nginx_->stop().ok());  // it would leave the failed ones alone for a while
    start();
    EXPECT_EQ(send_one(port(), keyed("POST", "/drop", "Content-Length: 0\r\n")).status, 502);
    EXPECT_EQ(upstream_.requests().size(), 3U);
    records(2);
}

TEST_F(ProtocolTest, ASlowClientIsLetGo) {
    config_.client_timeout = std::chrono::milliseconds(300);
    start();
    HttpConnection silent(port());
    silent.send("GET /x HTTP/1.1\r\nHost:");
    EXPECT_EQ(silent.receive_all(), "");
    HttpConnection slow(port());
    slow.send(keyed("POST", "/x", "Content-Length: 10\r\n") + "abc");
    slow.receive_all();
    EXPECT_TRUE(upstream_.requests().empty());
}

TEST_F(ProtocolTest, TheUpstreamIsToldWhoCalls) {
    start();
    EXPECT_EQ(get("/x").status, 200);
    const std::string head = upstream_.requests().at(0);
    EXPECT_THAT(head, HasSubstr("\r\nX-Tallyman-Key-Id: key_good\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nX-Tallyman-Customer-Id: cus_1\r\n"));
    EXPECT_THAT(head, HasSubstr("\r\nX-Forwarded-For: 127.0.0.1\r\n"));
}

}  // namespace
}  // namespace tally::test
