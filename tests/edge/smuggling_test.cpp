// Requests that two servers could read in two ways. What the upstream reads must be what was recorded, one
// for one, and never under another caller's key.
#include "edge_site.hpp"

#include <algorithm>
#include <regex>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

constexpr std::string_view kVictimKey = "tm_live_VictimVictimVictimVictim012345";
constexpr std::size_t kBatch = 20;  // attacks at a time

const std::string kLengths[] = {"",
                                "Content-Length: {}\r\n",
                                "Content-Length: {}\r\nContent-Length: {}\r\n",
                                "Content-Length: {}\r\nContent-Length: 0\r\n",
                                "Content-Length: 0\r\nContent-Length: {}\r\n",
                                "Content-Length: 0\r\n",
                                "Content-Length: +{}\r\n",
                                "Content-Length: {}, {}\r\n",
                                "Content-Length : {}\r\n",
                                "Content-Length:\t{}\r\n",
                                "X: y\r\n Content-Length: {}\r\n",
                                "X: y\nContent-Length: {}\n",
                                "Content-Length: -1\r\n",
                                "Content-Length: 0x5\r\n",
                                "Content_Length: {}\r\n"};

const std::string kEncodings[] = {"",
                                  "Transfer-Encoding: chunked\r\n",
                                  "Transfer-Encoding: CHUNKED\r\n",
                                  "Transfer-Encoding: xchunked\r\n",
                                  "Transfer-Encoding : chunked\r\n",
                                  "Transfer-Encoding:\tchunked\r\n",
                                  "Transfer-Encoding:chunked\n",
                                  "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                                  "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
                                  "Transfer-Encoding: identity, chunked\r\n",
                                  "Transfer-Encoding: chunked, chunked\r\n",
                                  "Transfer-Encoding:\r\n chunked\r\n",
                                  "Transfer-Encoding: \"chunked\"\r\n",
                                  "Transfer_Encoding: chunked\r\n",
                                  "X: y\rTransfer-Encoding: chunked\r\n",
                                  "X: y\nTransfer-Encoding: chunked\r\n",
                                  "Transfer-Encoding: \x0b"
                                  "chunked\r\n",
                                  std::string("Transfer-Encoding: chunked\0\r\n", 29),
                                  std::string("Transfer\0-Encoding: chunked\r\n", 29)};

// Each hides a request behind one reading of the body.
const std::string kBodies[] = {"0\r\n\r\nGET /hidden-a HTTP/1.1\r\nX: y",
                               "5\r\nhello\r\n0\r\n\r\nGET /hidden-b HTTP/1.1\r\nHost: a\r\n\r\n"};

const std::string kChunkBodies[] = {"5;x=y\r\nhello\r\n0\r\n\r\n",
                                    "5;\nhello\r\n0\r\n\r\n",
                                    "5;a\nGET /hidden-c HTTP/1.1\r\nHost: a\r\n\r\n",
                                    "5 \r\nhello\r\n0\r\n\r\n",
                                    "05\r\nhello\r\n00\r\n\r\n",
                                    "0x5\r\nhello\r\n0\r\n\r\n",
                                    "-5\r\nhello\r\n0\r\n\r\n",
                                    "FFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n",
                                    "8000000000000000\r\nhello\r\n0\r\n\r\n",
                                    "5\nhello\n0\n\n",
                                    "5\r\nhelloX\r\n0\r\n\r\n",
                                    "5\r\nhello0\r\n\r\n",
                                    "5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n",
                                    "5\r\nhello\r\n0\r\nx-api-key: tm_live_x\r\n\r\n",
                                    "5\r\nhello\r\n0\r\n\r\nGET /hidden-d HTTP/1.1\r\nHost: a\r\n\r\n"};

const std::string kStarts[] = {"GET /x HTTP/1.1\r\nHost: a\r\n",
                               "GET  /x  HTTP/1.1\r\nHost: a\r\n",
                               "GET\t/x\tHTTP/1.1\r\nHost: a\r\n",
                               "GET /x HTTP/1.1\nHost: a\n",
                               "\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n",
                               "GET /x y HTTP/1.1\r\nHost: a\r\n",
                               "GET /x\r\n",
                               "GET /x HTTP/1.0\r\n",
                               "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n",
                               "GET /x HTTP/1.1\r\nHost: a, b\r\n",
                               "GET /x HTTP/1.1\r\nHost: a/../\r\n",
                               "GET http://b/x HTTP/1.1\r\nHost: a\r\n",
                               "GET //x HTTP/1.1\r\nHost: a\r\n",
                               "GET /x%0d%0aX-Tallyman-Key-Id:%20z HTTP/1.1\r\nHost: a\r\n",
                               "GET /x%00 HTTP/1.1\r\nHost: a\r\n",
                               std::string("GET /x\0y HTTP/1.1\r\nHost: a\r\n", 28),
                               "GET /x HTTP/1.1 \r\nHost: a\r\n",
                               "GET /x HTTP/1.1\r\n Host: a\r\n",
                               "GET /x HTTP/1.1\r\nHost : a\r\n",
                               "GET /x HTTP/1.1\r\nHost: a\r\n: empty\r\n",
                               "GET /x HTTP/1.1\r\nHost: a\r\nno colon\r\n",
                               "GET /x HTTP/2.0\r\nHost: a\r\n",
                               "GET /x HTTP/1.2\r\nHost: a\r\n",
                               "GET /x HTTP/11\r\nHost: a\r\n",
                               "get /x HTTP/1.1\r\nHost: a\r\n",
                               "GET /x#y HTTP/1.1\r\nHost: a\r\n",
                               "CONNECT b:80 HTTP/1.1\r\nHost: b:80\r\n",
                               "TRACE /x HTTP/1.1\r\nHost: a\r\n",
                               "PRI * HTTP/2.0\r\n\r\nSM\r\n",
                               "OPTIONS * HTTP/1.1\r\nHost: a\r\n",
                               "GET /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n",
                               "GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n",
                               "GET /x HTTP/1.1\r\nHost: a\r\nConnection: x-api-key\r\n"};

std::string with_length(std::string line, std::size_t size) {
    for (std::size_t at = 0; (at = line.find("{}")) != std::string::npos;)
        line.replace(at, 2, std::to_string(size));
    return line;
}

std::vector<std::string> attacks() {
    const std::string key = fmt::format("x-api-key: {}\r\n", kKey);
    std::vector<std::string> all;
    for (const std::string& length : kLengths)
        for (const std::string& encoding : kEncodings) {
            const std::string& body = kBodies[all.size() % std::size(kBodies)];
            all.push_back(fmt::format("POST /attack-{} HTTP/1.1\r\nHost: a\r\n{}{}{}\r\n{}", all.size(), key,
                                      with_length(length, body.size()), encoding, body));
        }
    for (const std::string& body : kChunkBodies)
        all.push_back(
            fmt::format("POST /attack-{} HTTP/1.1\r\nHost: a\r\n{}Transfer-Encoding: chunked\r\n\r\n{}",
                        all.size(), key, body));
    for (const std::string& start : kStarts)
        all.push_back(start + key + "\r\nGET /hidden-e HTTP/1.1\r\nX: y");
    return all;
}

// What stands in a request head, as strict as RFC 9112 has it; "" when there is nothing to say against it.
std::string objection(const std::string& head) {
    static const std::regex kStart(R"(^[A-Za-z]+ [^ \r\n\t]+ HTTP/1\.1$)");
    static const std::regex kLine(R"(^[-!#$%&'*+.^_`|~0-9A-Za-z]+: ?[^\r\n]*$)");
    if (head.find('\0') != std::string::npos)
        return "a NUL";
    int lengths = 0;
    bool first = true;
    for (std::size_t at = 0; at < head.size(); first = false) {
        const std::size_t stop = head.find("\r\n", at);
        std::string line = head.substr(at, stop - at);
        at = stop + 2;
        if (!std::regex_match(line, first ? kStart : kLine))
            return "line \"" + line + "\"";
        std::transform(line.begin(), line.end(), line.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        lengths += line.starts_with("content-length:") ? 1 : 0;
        if (line.starts_with("transfer-encoding:"))
            return "an encoding";
    }
    return lengths > 1 ? "two lengths" : "";
}

class SmugglingTest : public EdgeSite {
  protected:
    SmugglingTest() {
        config_.client_timeout = std::chrono::milliseconds(100);
        config_.client_idle_timeout = std::chrono::milliseconds(100);
        config_.upstream_keepalive = 1;
        EXPECT_TRUE(keys_->upsert(key_entry(kVictimKey, "key_victim")).ok());
    }

    HttpResponse ask_as_victim(std::size_t number) {
        return send_one(port(), fmt::format("GET /victim-{} HTTP/1.1\r\nHost: v\r\nx-api-key: {}\r\n\r\n",
                                            number, kVictimKey));
    }

    // All records, when the last of them is the victim's and none is pending.
    const std::vector<RequestRecord>& all_records(std::size_t victims) {
        const capture::CaptureLog log(config_.capture_folder);
        for (int i = 0; i < 2000; ++i) {
            auto scan = log.scan({});
            EXPECT_TRUE(scan.ok());
            scan_ = std::move(*scan);
            const auto is_victims = [](const RequestRecord& record) {
                return record.api_key_id == "key_victim";
            };
            const auto seen = std::count_if(scan_.records.begin(), scan_.records.end(), is_victims);
            if (scan_.pending == 0 && static_cast<std::size_t>(seen) >= victims)
                break;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
        }
        return scan_.records;
    }
};

TEST_F(SmugglingTest, TheUpstreamReadsWhatWasRecorded) {
    start();
    const std::vector<std::string> corpus = attacks();
    ASSERT_GE(corpus.size(), 300U);
    std::size_t victims = 0;
    for (std::size_t from = 0; from < corpus.size(); from += kBatch) {
        std::vector<std::unique_ptr<HttpConnection>> attackers;
        for (std::size_t i = from; i < std::min(from + kBatch, corpus.size()); ++i) {
            attackers.push_back(std::make_unique<HttpConnection>(port()));
            attackers.back()->send(corpus[i]);
        }
        for (const auto& attacker : attackers)
            attacker->receive_all();
        const HttpResponse answer = ask_as_victim(victims++);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "hello");
    }

    std::vector<std::string> read;  // by the upstream
    for (const std::string& head : upstream_.requests()) {
        EXPECT_EQ(objection(head), "") << head;
        const bool by_victim = head.find(kVictimKey) != std::string::npos;
        EXPECT_EQ(by_victim, head.starts_with("GET /victim-")) << head;
        EXPECT_TRUE(by_victim || head.find(kKey) != std::string::npos) << head;
        EXPECT_EQ(head.find("/hidden-"), std::string::npos) << head;
        read.push_back(head.substr(0, head.find(" HTTP/1.1")) + (by_victim ? " key_victim" : " key_good"));
    }
    std::vector<std::string> recorded;
    for (const RequestRecord& record : all_records(victims))
        if (record.origin_first_byte_us != kAbsent)
            recorded.push_back(fmt::format("{} {}{}{} {}", record.method, record.uri_stem,
                                           record.uri_query.empty() ? "" : "?", record.uri_query,
                                           record.api_key_id));
    std::sort(read.begin(), read.end());
    std::sort(recorded.begin(), recorded.end());
    EXPECT_EQ(read, recorded);
}

}  // namespace
}  // namespace tally::test
