// Durable routes: the answer waits until its record is on disk, whatever makes the answer; and what happens
// when the disk fails.
#include "durable_site.hpp"
#include "edge/command.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <regex>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

class DurableTest : public DurableSite {
  protected:
    // Sends, checks that nothing comes while the disk has not answered, and receives.
    HttpResponse exchange_held(HttpConnection& connection, std::string_view bytes) {
        hold();
        connection.send(bytes);
        wait_for_sync();
        EXPECT_TRUE(connection.nothing_came()) << bytes;
        release();
        return connection.receive(bytes.starts_with("HEAD "));
    }

    HttpResponse exchange(HttpConnection& connection, std::string_view bytes) {
        connection.send(bytes);
        return connection.receive(bytes.starts_with("HEAD "));
    }
};

// Without what differs from one answer to the next.
std::string comparable(const HttpResponse& response) {
    static const std::regex changing("\r\n(Date|x-amzn-RequestId|x-amz-apigw-id): [^\r]*");
    static const std::regex boundary("\\d{20}");
    return std::regex_replace(std::regex_replace(response.head, changing, ""), boundary, "") + "\n\n" +
           (response.body.size() < 1000 ? std::regex_replace(response.body, boundary, "") : response.body);
}

TEST_F(DurableTest, WaitsForTheDiskWhileOthersAreServed) {
    start_durable();
    hold();
    HttpConnection durable(port());
    durable.send(request("GET", "/durable/up/x"));
    wait_for_sync();
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(get("/plain/up/x").status, 200) << "the worker is not blocked";
    EXPECT_TRUE(durable.nothing_came());
    release();
    EXPECT_EQ(durable.receive().status, 200);
    EXPECT_EQ(value(disk_->syncs), 1U) << "the others did not sync";
    EXPECT_EQ(records(21).size(), 21U);
}

struct Exchange {
    std::string_view method;
    std::string_view target;
    std::string_view more = "";
};

// Every kind of answer reads the same with and without waiting, on a connection that is used again.
TEST_F(DurableTest, AnswersAreTheSameAsWithoutWaiting) {
    static const Exchange exchanges[] = {
        {"GET", "/up/x"},
        {"HEAD", "/up/x"},
        {"GET", "/up/chunked"},
        {"GET", "/up/status/204"},
        {"GET", "/up/status/304"},
        {"GET", "/up/status/500"},
        {"GET", "/up/x", "x-api-key: nobody-knows-this-key\r\n"},
        {"GET", "/unbuffered/x"},
        {"HEAD", "/unbuffered/x"},
        {"GET", "/unbuffered/chunked"},
        {"GET", "/unbuffered/status/204"},
        {"GET", "/cached/x"},
        {"GET", "/cached/x"},
        {"HEAD", "/cached/x"},
        {"HEAD", "/cached/x"},
        {"GET", "/cached/x", "Range: bytes=1-2\r\n"},
        {"GET", "/files/large"},
        {"HEAD", "/files/large"},
        {"GET", "/files/large", "Range: bytes=1000000-2000000\r\n"},
        {"GET", "/files/large", "Range: bytes=1-2,5-6\r\n"},
        {"GET", "/files/small.txt", "Range: bytes=100-200\r\n"},
        {"GET", "/files/small.txt", "If-Modified-Since: Tue, 19 Jan 2038 03:14:07 GMT\r\n"},
        {"GET", "/files/nothing"},
        {"GET", "/gzip/large", "Accept-Encoding: gzip\r\n"},
        {"HEAD", "/gzip/large", "Accept-Encoding: gzip\r\n"},
        {"GET", "/ssi/page.html"},
        {"GET", "/added/small.txt"},
        {"GET", "/text/x"},
        {"HEAD", "/text/x"},
        {"GET", "/moved/x"},
        {"GET", "/gone/x"},
        {"GET", "/page/nothing"},
        {"GET", "/sub/x"},
        {"GET", "/mirrored/x"},
        {"GET", "/sliced/x"},
    };
    start_durable();
    HttpConnection plain(port());
    HttpConnection durable(port());
    std::size_t count = 0;
    for (const Exchange& one : exchanges) {
        SCOPED_TRACE(fmt::format("{} {} {}", one.method, one.target, one.more));
        const auto expected =
            exchange(plain, request(one.method, fmt::format("/plain{}", one.target), one.more));
        const auto answer =
            exchange_held(durable, request(one.method, fmt::format("/durable{}", one.target), one.more));
        EXPECT_GT(answer.status, 0);
        EXPECT_TRUE(comparable(answer) == comparable(expected))
            << answer.head << "\n  instead of\n"
            << expected.head << "\n"
            << answer.body.size() << " bytes, not " << expected.body.size();
        ASSERT_FALSE(HasFailure()) << "the connection is of no use any more";
        count += 2;
    }
    records(count);
}

TEST_F(DurableTest, OldClientsAndClosedConnectionsToo) {
    start_durable();
    for (const std::string_view target : {"up/x", "unbuffered/chunked", "files/large"}) {
        const auto ask = [&](std::string_view root) {
            return fmt::format("GET /{}/{} HTTP/1.0\r\nHost: a\r\nx-api-key: {}\r\n\r\n", root, target, kKey);
        };
        HttpConnection plain(port());
        HttpConnection durable(port());
        const auto expected = exchange(plain, ask("plain"));
        EXPECT_EQ(comparable(exchange_held(durable, ask("durable"))), comparable(expected)) << target;
    }
}

TEST_F(DurableTest, RequestsInOneSendAreAnsweredInOrder) {
    start_durable();
    HttpConnection connection(port());
    connection.send(request("GET", "/durable/text/1") + request("GET", "/durable/up/2") +
                    request("GET", "/plain/text/3") + request("GET", "/durable/files/small.txt"));
    EXPECT_EQ(connection.receive().body, "said by nginx\n");
    EXPECT_EQ(connection.receive().body, "hello");
    EXPECT_EQ(connection.receive().body, "said by nginx\n");
    EXPECT_EQ(connection.receive().body, "a small file");
    EXPECT_EQ(value(disk_->syncs), 3U) << error_log();
}

TEST_F(DurableTest, LargeBodiesFromTheUpstreamArriveWhole) {
    start_durable();
    const std::string body(6 * 1024 * 1024, 'b');
    for (const std::string_view kind : {"up", "unbuffered"}) {
        HttpConnection connection(port());
        hold();
        connection.send(request("POST", fmt::format("/durable/{}/echo", kind),
                                fmt::format("Content-Length: {}\r\n", body.size())) +
                        body);
        wait_for_sync();
        EXPECT_TRUE(connection.nothing_came());
        release();
        EXPECT_TRUE(connection.receive().body == body) << kind;
    }
}

// With buffering, nothing of the upstream comes to push the first half out of the door.
TEST_F(DurableTest, AnAnswerThatComesSlowlyBeginsWhenTheDiskIsDone) {
    start_durable();
    HttpConnection connection(port());
    hold();
    connection.send(request("GET", "/durable/unbuffered/hold"));
    wait_for_sync();
    release();
    while (connection.buffered() < 100 && connection.receive_more())
        continue;
    EXPECT_GE(connection.buffered(), 100U) << "the second half has not been sent yet";
    upstream_.release();
    EXPECT_EQ(connection.receive().body, "hello");
}

TEST_F(DurableTest, AClientThatLeavesWhileItWaitsHurtsNobody) {
    start_durable();
    hold();
    for (const std::string_view target : {"up/x", "unbuffered/x", "files/large", "text/x", "up/hold"}) {
        HttpConnection leaving(port());
        leaving.send(request("GET", fmt::format("/durable/{}", target)));
        wait_for_sync();
        leaving.abort();
    }
    HttpConnection staying(port());
    staying.send(request("GET", "/durable/up/y"));
    upstream_.release();
    EXPECT_EQ(get("/plain/up/x").status, 200);
    release();
    EXPECT_EQ(staying.receive().status, 200);
    records(7);
    EXPECT_THAT(error_log(), testing::Not(testing::HasSubstr("exited on signal")));
}

TEST_F(DurableTest, ThoseWhoWaitShareASync) {
    start_durable();
    hold();
    std::deque<HttpConnection> waiting;
    for (int i = 0; i < 40; ++i)
        waiting.emplace_back(port()).send(request("GET", "/durable/up/x"));
    upstream_.wait_for_requests(40);
    EXPECT_EQ(get("/plain/up/x").status, 200);
    release();
    for (HttpConnection& connection : waiting)
        EXPECT_EQ(connection.receive().status, 200);
    EXPECT_LE(value(disk_->syncs), 6U) << "one a request would be 40";
}

TEST_F(DurableTest, AnUpgradedConnectionIsRecordedOnDiskFirst) {
    start_durable();
    HttpConnection connection(port());
    hold();
    connection.send(request("GET", "/durable/up/upgrade", "Connection: Upgrade\r\nUpgrade: echo\r\n"));
    wait_for_sync();
    EXPECT_TRUE(connection.nothing_came());
    release();
    EXPECT_EQ(connection.receive().status, 101);
    connection.send("ping");
    while (connection.buffered() < 4 && connection.receive_more())
        continue;
    EXPECT_EQ(connection.buffered(), 4U);
}

TEST_F(DurableTest, GracefulStopAnswersThoseWhoWait) {
    start_durable();
    HttpConnection connection(port());
    hold();
    connection.send(request("GET", "/durable/up/x"));
    wait_for_sync();
    std::thread stopping([this] { EXPECT_TRUE(nginx_->stop().ok()); });
    release();
    EXPECT_EQ(connection.receive().status, 200);
    stopping.join();
}

TEST_F(DurableTest, Http2StreamsWaitEachForItself) {
    const std::string certificate = (folder_.path() / "cert.pem").string();
    const std::string key = (folder_.path() / "key.pem").string();
    ASSERT_TRUE(edge::run_command({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                   "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
                                   "-keyout", key, "-out", certificate})
                    .ok());
    const std::uint16_t tls_port = free_port();
    start_durable("", fmt::format("        listen 127.0.0.1:{} ssl http2;\n        ssl_certificate {};\n"
                                  "        ssl_certificate_key {};\n",
                                  tls_port, certificate, key));
    const auto answer =
        edge::run_command({"/usr/bin/curl", "-sk", "--http2", "--parallel", "-H",
                           fmt::format("x-api-key: {}", kKey), "-w", "%{http_version} %{http_code}\n",
                           fmt::format("https://127.0.0.1:{}/durable/text/[1-20]", tls_port)});
    ASSERT_TRUE(answer.ok());
    std::size_t served = 0;
    for (std::size_t at = 0; (at = answer->output.find("2 200\n", at)) != std::string::npos; ++at)
        ++served;
    EXPECT_EQ(served, 20U) << answer->output;
    EXPECT_GT(value(disk_->syncs), 0U);
    records(20);
}

// fsyncgate: the kernel tells of a lost write once. Whoever was not told 200 has no claim; whoever was is on
// disk, because that file was never asked again.
TEST_F(DurableTest, AFailedSyncIs503AndEndsTheSegment) {
    config_.segment_size = 512 * 1024;
    start_durable();
    HttpConnection connection(port());
    for (int round = 0; round < 100; ++round) {
        fail_next_sync();
        HttpConnection rejected(port());
        const auto refused = exchange(rejected, request("GET", "/durable/up/refused"));
        ASSERT_EQ(refused.status, 503) << round;
        ASSERT_EQ(refused.body, R"({"message":"Service Unavailable"})");
        ASSERT_EQ(exchange(connection, request("GET", "/durable/up/good")).status, 200) << round;
    }
    EXPECT_EQ(value(disk_->failures), 100U);
    EXPECT_EQ(value(disk_->syncs), 100U);
    EXPECT_EQ(value(disk_->again), 0U) << "a file whose sync failed was synced again";
    const auto& all = records(200);
    EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const auto& r) { return r.status == 200; }), 100);
    EXPECT_EQ(std::count_if(all.begin(), all.end(),
                            [](const auto& r) { return r.result == ResultType::kCapacityExceeded; }),
              100)
        << "what a suspect segment holds is read all the same";
    EXPECT_THAT(error_log(), testing::HasSubstr("cannot sync a segment"));
}

TEST_F(DurableTest, AFailedSyncIsNoticedByAllWhoWaitedForIt) {
    start_durable();
    hold();
    std::deque<HttpConnection> waiting;
    waiting.emplace_back(port()).send(request("GET", "/durable/up/x"));
    wait_for_sync();
    for (const std::string_view target : {"unbuffered/x", "files/large", "text/x", "cached/x", "up/chunked"})
        waiting.emplace_back(port()).send(request("GET", fmt::format("/durable/{}", target)));
    waiting.emplace_back(port()).send(request("HEAD", "/durable/up/x"));
    upstream_.wait_for_requests(5);
    EXPECT_EQ(get("/plain/up/x").status, 200);
    fail_next_sync();
    release();
    for (std::size_t i = 0; i < waiting.size(); ++i)
        EXPECT_EQ(waiting[i].receive(i + 1 == waiting.size()).status, 503) << i;
    EXPECT_EQ(value(disk_->again), 0U);
    EXPECT_EQ(get("/durable/up/x").status, 200);
}

TEST_F(DurableTest, WhereServingGoesFirstAFailedSyncIsSaid) {
    config_.on_full = edge::OnFull::kServe;
    start_durable();
    fail_next_sync();
    EXPECT_EQ(get("/durable/up/x").status, 200);
    EXPECT_EQ(get("/durable/up/x").status, 200);
    EXPECT_EQ(value(disk_->again), 0U);
    EXPECT_THAT(error_log(), testing::HasSubstr("1 requests of durable routes waited for it"));
    records(2);
}

}  // namespace
}  // namespace tally::test
