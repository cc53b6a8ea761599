// Request lines and headers of every shape reach the record as the client sent them, and secrets nowhere.
#include "edge_site.hpp"

#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class HeaderTest : public EdgeSite {
  protected:
    // The record of one request of which everything behind the request line is given.
    const RequestRecord& record_of(const std::string& lines, int status = 200,
                                   std::string_view target = "/x") {
        EXPECT_EQ(send_one(port(), fmt::format("GET {} HTTP/1.1\r\n{}\r\n", target, lines)).status, status);
        return only_record();
    }

    // All bytes of all segments.
    [[nodiscard]] std::string log_bytes() const {
        std::string bytes;
        for (const auto& entry : std::filesystem::directory_iterator(config_.capture_folder)) {
            std::ifstream file(entry.path(), std::ios::binary);
            bytes.append(std::istreambuf_iterator<char>(file), {});
        }
        return bytes;
    }

    static std::string key_line(std::string_view key = kKey) { return fmt::format("x-api-key: {}\r\n", key); }
};

TEST_F(HeaderTest, LinesInOnePiece) {
    start();
    const RequestRecord& record = record_of("Host: a\r\n" + key_line() + "Empty: \r\nUser-Agent: u\r\n");
    EXPECT_EQ(record.headers, "Host:a\nx-api-key:key_good\nEmpty:\nUser-Agent:u\n");
    EXPECT_EQ(record.user_agent, "u");
    EXPECT_EQ(record.header_count, 4);
    EXPECT_THAT(log_bytes(), Not(HasSubstr(std::string(kKey.substr(8)))));
}

TEST_F(HeaderTest, UnusualSpacesAndLineEnds) {
    start();
    const RequestRecord& record =
        record_of("Host:a\r\n" + key_line() + "B:   b  \r\nC: c\nEmpty:\r\nD:\td \r\nReferer: r\r\n");
    EXPECT_EQ(record.headers, "Host:a\nx-api-key:key_good\nB:b\nC:c\nEmpty:\nD:\td\nReferer:r\n");
    EXPECT_EQ(record.host, "a");
    EXPECT_EQ(record.referer, "r");
}

// nginx passes over a line with an underscore in its name; it stays in the buffer, and a key may be in it.
TEST_F(HeaderTest, AnIgnoredLineIsNoHeaderAndItsSecretNowhere) {
    start();
    const std::string secret = "SecretOfAnIgnoredLine";
    const RequestRecord& record = record_of("Host: a\r\n" + key_line() + "x_api_key: " + secret +
                                            "\r\nUser-Agent: u\r\n_: " + secret + "\r\nAccept: b\r\n");
    EXPECT_EQ(record.headers, "Host:a\nx-api-key:key_good\nUser-Agent:u\nAccept:b\n");
    EXPECT_THAT(log_bytes(), Not(HasSubstr(secret)));
}

// As many bytes ignored as spaces left out: lengths alone would not tell.
TEST_F(HeaderTest, AnIgnoredLineIsNotHiddenByMissingSpaces) {
    start();
    std::string lines = "Host: a\r\n" + key_line();
    for (char name = 'a'; name < 'h'; ++name)
        lines += fmt::format("{}:v\r\n", name);
    lines += "x_: s\r\n" + std::string("Accept: b\r\n");
    EXPECT_EQ(record_of(lines).headers,
              "Host:a\nx-api-key:key_good\na:v\nb:v\nc:v\nd:v\ne:v\nf:v\ng:v\nAccept:b\n");
}

TEST_F(HeaderTest, EverySecretIsMasked) {
    start();
    const std::string secret = "SecretSecretSecretSecret";
    const RequestRecord& record = record_of(key_line() + "Host: a\r\nAuthorization: Bearer " + secret +
                                            "\r\nProxy-Authorization: Basic " + secret +
                                            "\r\nX-API-Key: " + secret + "\r\nx-api-key: \r\nAccept: b\r\n");
    const std::string mask = unknown_mask(secret);
    EXPECT_EQ(record.headers, fmt::format("x-api-key:key_good\nHost:a\nAuthorization:Bearer {0}\n"
                                          "Proxy-Authorization:Basic {0}\nX-API-Key:{0}\nx-api-key:\n"
                                          "Accept:b\n",
                                          mask));
    EXPECT_THAT(log_bytes(), Not(HasSubstr(secret)));
}

TEST_F(HeaderTest, AKeyInTheRefererIsMasked) {
    start();
    const RequestRecord& record =
        record_of("Host: a\r\n" + key_line() + fmt::format("Referer: http://r/?api_key={}&b=c\r\n", kKey));
    EXPECT_EQ(record.headers, "Host:a\nx-api-key:key_good\nReferer:http://r/?api_key=key_good&b=c\n");
    EXPECT_EQ(record.referer, "http://r/?api_key=key_good&b=c");
}

TEST_F(HeaderTest, TargetsOfEveryShape) {
    start();

    const struct {
        std::string_view target, stem, query, path;
    } cases[] = {{"/a/b?q=1", "/a/b", "q=1", "/a/b"},
                 {"/", "/", "", "/"},
                 {"/a?", "/a", "", "/a"},
                 {"/a//b/../c?x=?y", "/a//b/../c", "x=?y", "/a/c"},
                 {"/%41%20?z", "/%41%20", "z", "/A "},
                 {"/a?b#c?d", "/a", "b#c?d", "/a"},
                 {"/a#b?api_key=c", "/a#b", "", "/a"}};

    std::size_t count = 0;
    for (const auto& each : cases) {
        EXPECT_EQ(get(each.target).status, 200) << each.target;
        const RequestRecord& record = records(++count).back();
        EXPECT_EQ(record.method, "GET");
        EXPECT_EQ(record.uri_stem, each.stem) << each.target;
        EXPECT_EQ(record.resource_path, each.path) << each.target;
        if (each.stem != "/a#b") {
            EXPECT_EQ(record.uri_query, each.query) << each.target;
        } else {
            EXPECT_THAT(std::string(record.uri_query), testing::StartsWith("api_key=unknown_"));
        }
    }
}

TEST_F(HeaderTest, ManyHeadersOverSeveralParts) {
    start();
    std::string lines = "Host: a\r\n";
    std::string text = "Host:a\n";
    for (int n = 0; n < 90; ++n) {
        lines += fmt::format("X-{}: v{}\r\n", n, n);
        text += fmt::format("X-{}:v{}\n", n, n);
    }
    const RequestRecord& record = record_of(lines + key_line());
    EXPECT_EQ(record.headers, text + "x-api-key:key_good\n");
    EXPECT_EQ(record.header_count, 92);
}

// Headers of 8 and of 60 KB, each in a buffer of its own.
TEST_F(HeaderTest, LargeBuffersKeepEverything) {
    start("        large_client_header_buffers 8 64k;\n");
    const std::string big(60'000, 'b');
    const std::string half(3'000, 'h');
    const RequestRecord& record = record_of("Host: a\r\nX-Half: " + half + "\r\n" + key_line() +
                                            "X-Big: " + big + "\r\nUser-Agent: u\r\n");
    EXPECT_EQ(record.headers,
              "Host:a\nX-Half:" + half + "\nx-api-key:key_good\nX-Big:" + big + "\nUser-Agent:u\n");
    EXPECT_EQ(record.user_agent, "u");
}

// More than a record holds: captured with the long string cut, never dropped, also in the smallest segments.
TEST_F(HeaderTest, WhatDoesNotFitIsCut) {
    config_.segment_size = 512 * 1024;
    start("        large_client_header_buffers 8 64k;\n");
    const std::string big(60'000, 'b');
    for (int n = 0; n < 12; ++n) {
        const auto answer = send_one(
            port(), fmt::format("GET /{0}?{0} HTTP/1.1\r\nHost: a\r\n{1}X-A: {2}\r\nX-B: {2}\r\n\r\n",
                                std::string(15'000, 'u'), key_line(), big));
        EXPECT_EQ(answer.status, 200);
    }
    const auto& all = records(12);
    ASSERT_EQ(all.size(), 12U);
    for (const RequestRecord& record : all) {
        EXPECT_TRUE(record.is_cut);
        EXPECT_EQ(record.headers.size(), 65'535U);
        EXPECT_THAT(std::string(record.headers.substr(0, 40)),
                    testing::StartsWith("Host:a\nx-api-key:key_good\n"));
        EXPECT_EQ(record.uri_stem.size(), 15'001U);
        EXPECT_EQ(record.api_key_id, "key_good");
        EXPECT_EQ(record.bytes_received, all.front().bytes_received);
    }
}

TEST_F(HeaderTest, RefusalsOfNginxItselfAreCaptured) {
    start();
    const std::string long_text(9'000, 'l');

    const struct {
        std::string request;
        int status;
    } cases[] = {{"GET /" + long_text + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
                 {"GET /x HTTP/1.1\r\nHost: a\r\nX-Long: " + long_text + "\r\n\r\n", 400},
                 {"GET /x HTTP/1.1\r\nHost: a\r\n" + key_line(long_text) + "\r\n", 400},
                 {"GET /x HTTP/1.1\r\nHost: a\r\n" + long_text + ": v\r\n\r\n", 400}};

    std::size_t count = 0;
    for (const auto& each : cases) {
        EXPECT_EQ(send_one(port(), each.request).status, each.status);
        const RequestRecord& record = records(++count).back();
        EXPECT_EQ(record.result, ResultType::kError);
        EXPECT_EQ(record.detailed_result, DetailedResult::kInvalidRequest);
    }
    EXPECT_THAT(log_bytes(), Not(HasSubstr(long_text)));
}

}  // namespace
}  // namespace tally::test
