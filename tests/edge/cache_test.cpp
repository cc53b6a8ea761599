// Behaviours that cache: for how long, under which key, and what the records say of it.
#include "edge_site.hpp"

#include <ctime>
#include <fstream>
#include <iterator>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class CacheTest : public EdgeSite {
  protected:
    CacheTest() { config_.behaviors = {cached("/c/*")}; }

    static edge::CacheBehavior cached(std::string path) {
        edge::CacheBehavior behavior;
        behavior.path = std::move(path);
        behavior.cache = true;
        return behavior;
    }

    [[nodiscard]] std::vector<std::string> cache_files() const {
        std::vector<std::string> files;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.folder / "cache"))
            if (entry.is_regular_file()) {
                std::ifstream file(entry.path(), std::ios::binary);
                files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
            }
        return files;
    }

    // How long the only cached answer is good for, from nginx's header of its file; -1 when there is none.
    // nginx writes the file when the answer has been sent.
    [[nodiscard]] std::int64_t stored_seconds() const {
        const auto files = cache_files();
        if (files.empty())
            return -1;
        std::int64_t valid = 0;
        std::memcpy(&valid, files.front().data() + 8, sizeof valid);
        return valid - std::time(nullptr);
    }

    void expect_stored(std::int64_t seconds, const std::string& what) {
        for (int i = 0; i < 400 && seconds > 0 && stored_seconds() < 0; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
        if (seconds == 0)
            EXPECT_EQ(stored_seconds(), -1) << what;
        else
            EXPECT_NEAR(static_cast<double>(stored_seconds()), static_cast<double>(seconds), 1.0) << what;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.folder / "cache"))
            if (entry.is_regular_file())
                std::filesystem::remove(entry.path());
    }

    // Asks until the answer has the cache status; the last record.
    RequestRecord ask_until(CacheStatus wanted, std::string_view target, std::string_view more = "") {
        for (std::size_t asked = scan_.records.size() + 1; asked < 200; ++asked) {
            last_ = get(target, more);
            const auto& all = records(asked);
            if (all.size() != asked || all.back().cache_status == wanted)
                return all.back();
            std::this_thread::sleep_for(std::chrono::milliseconds(50));  // poll
        }
        return {};
    }

    HttpResponse last_;
};

TEST_F(CacheTest, TheSecondAnswerIsAHitAndCountedAllTheSame) {
    start();
    EXPECT_EQ(get("/c/x").body, "hello");
    EXPECT_EQ(get("/c/x").body, "hello");
    const auto& all = records(2);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(upstream_.requests().size(), 1U);
    EXPECT_EQ(all[0].result, ResultType::kMiss);
    EXPECT_EQ(all[0].cache_status, CacheStatus::kMiss);
    EXPECT_EQ(all[1].result, ResultType::kHit);
    EXPECT_EQ(all[1].cache_status, CacheStatus::kHit);
    EXPECT_EQ(all[1].behavior_pattern, "/c/*");
    EXPECT_EQ(all[1].api_key_id, "key_good");
    EXPECT_EQ(all[1].origin_first_byte_us, kAbsent);
    EXPECT_EQ(all[1].content_length, 5);
}

TEST_F(CacheTest, RangesAndConditionsAreAnsweredFromTheCache) {
    start();
    EXPECT_EQ(get("/c/etag", "Echo-Accept-Ranges: bytes\r\n").status, 200);
    const HttpResponse part = get("/c/etag", "Range: bytes=1-3\r\n");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, "ell");
    EXPECT_EQ(get("/c/etag", "If-None-Match: \"v1\"\r\n").status, 304);
    EXPECT_EQ(send_one(port(),
                       fmt::format("HEAD /c/etag HTTP/1.1\r\nHost: api.test\r\nx-api-key: {}\r\n\r\n", kKey))
                  .status,
              200);
    const auto& all = records(4);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(upstream_.requests().size(), 1U);
    for (std::size_t i = 1; i < 4; ++i)
        EXPECT_EQ(all[i].result, ResultType::kHit) << i;
    EXPECT_EQ(all[1].status, 206);
    EXPECT_EQ(all[1].range_start, 1);
    EXPECT_EQ(all[1].range_end, 3);
    EXPECT_EQ(all[2].status, 304);
}

TEST_F(CacheTest, TimesToLiveAreCloudFronts) {
    config_.behaviors = {cached("/c/*"), cached("/min/*")};
    config_.behaviors[0].default_ttl = std::chrono::seconds(60);
    config_.behaviors[0].max_ttl = std::chrono::seconds(300);
    config_.behaviors[1].min_ttl = std::chrono::seconds(30);
    config_.behaviors[1].default_ttl = std::chrono::seconds(10);
    config_.behaviors[1].max_ttl = std::chrono::seconds(300);
    start();

    const struct {
        const char* path;
        const char* headers;
        std::int64_t seconds;  // 0 = not stored
    } cases[] = {
        {"/c/a", "", 60},
        {"/c/b", "Echo-Cache-Control: max-age=100\r\n", 100},
        {"/c/c", "Echo-Cache-Control: max-age=1000\r\n", 300},
        {"/c/d", "Echo-Cache-Control: max-age=100, s-maxage=200\r\n", 200},
        {"/c/e", "Echo-Cache-Control: s-maxage=99999999999999999999\r\n", 300},
        {"/c/f", "Echo-Cache-Control: public\r\nEcho-Cache-Control: Max-Age=70\r\n", 70},
        {"/c/g", "Echo-Cache-Control: no-store\r\n", 0},
        {"/c/h", "Echo-Cache-Control: private, max-age=50\r\n", 0},
        {"/c/i", "Echo-Cache-Control: max-age=0\r\n", 0},
        {"/c/j", "Echo-Cache-Control: max-age=abc\r\n", 0},
        {"/c/k", "Echo-Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n", 0},
        {"/c/l", "Echo-Expires: Fri, 01 Jan 2100 00:00:00 GMT\r\n", 300},
        {"/c/m", "Echo-Expires: Fri, 01 Jan 2100 00:00:00 GMT\r\nEcho-Cache-Control: max-age=90\r\n", 90},
        {"/c/n", "Echo-X-Accel-Expires: 5\r\n", 60},
        {"/c/o", "Echo-Set-Cookie: a=b\r\n", 0},
        {"/c/p", "Echo-Vary: *\r\n", 0},
        {"/c/status/404", "Echo-Cache-Control: max-age=100\r\n", 0},
        {"/c/status/301", "", 60},
        {"/min/a", "", 30},
        {"/min/b", "Echo-Cache-Control: max-age=5\r\n", 30},
        {"/min/c", "Echo-Cache-Control: no-store\r\n", 30},
        {"/min/d", "Echo-Cache-Control: max-age=40\r\n", 40},
    };

    for (const auto& each : cases) {
        (void)get(each.path, each.headers);
        expect_stored(each.seconds, fmt::format("{} {}", each.path, each.headers));
    }
}

TEST_F(CacheTest, AnOldAnswerIsConfirmedAndKeptWithinTheLimits) {
    config_.behaviors[0].max_ttl = std::chrono::seconds(1);
    config_.behaviors[0].default_ttl = std::chrono::seconds(1);
    config_.behaviors[0].serve_stale = false;
    start();
    const RequestRecord record =
        ask_until(CacheStatus::kRevalidated, "/c/etag", "Echo-Cache-Control: max-age=900\r\n");
    EXPECT_EQ(record.cache_status, CacheStatus::kRevalidated);
    EXPECT_EQ(record.result, ResultType::kRefreshHit);
    EXPECT_EQ(record.status, 200);
    EXPECT_LE(stored_seconds(), 1) << "the 304 said 900 s, and the behaviour allows one";
    const RequestRecord expired = ask_until(CacheStatus::kExpired, "/c/plain");
    EXPECT_EQ(expired.result, ResultType::kMiss);
}

TEST_F(CacheTest, AnOldAnswerIsBetterThanNone) {
    config_.behaviors[0].max_ttl = std::chrono::seconds(1);
    config_.behaviors[0].default_ttl = std::chrono::seconds(1);
    start();
    EXPECT_EQ(get("/c/x").status, 200);
    records(1);
    const RequestRecord record = ask_until(CacheStatus::kStale, "/c/x", "X-Fail: 1\r\n");
    EXPECT_EQ(record.cache_status, CacheStatus::kStale);
    EXPECT_EQ(record.result, ResultType::kHit);
    EXPECT_EQ(record.detailed_result, DetailedResult::kStaleHit);
    EXPECT_EQ(last_.body, "hello");
}

TEST_F(CacheTest, WhileItIsFetchedAnewEverybodyGetsTheOldAnswer) {
    config_.behaviors[0].max_ttl = std::chrono::seconds(1);
    config_.behaviors[0].default_ttl = std::chrono::seconds(1);
    start();
    EXPECT_EQ(get("/c/x").status, 200);
    std::size_t asked = 1;
    for (; upstream_.requests().size() < 2 && asked < 200; ++asked) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // poll: until the answer is old
        EXPECT_EQ(get("/c/x", "X-Wait: 1\r\n").body, "hello");
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll: the upstream may have been asked
    }
    EXPECT_EQ(get("/c/x").body, "hello");
    EXPECT_EQ(upstream_.requests().size(), 2U);
    upstream_.release();
    const RequestRecord last = records(asked + 1).back();
    EXPECT_EQ(last.cache_status, CacheStatus::kUpdating);
    EXPECT_EQ(last.result, ResultType::kHit);
    EXPECT_EQ(last.detailed_result, DetailedResult::kStaleHit);
}

TEST_F(CacheTest, TheKeyHoldsWhatTheBehaviourNames) {
    config_.behaviors = {cached("/all/*"), cached("/none/*"), cached("/some/*"), cached("/head/*")};
    config_.behaviors[1].cache_key_query = edge::KeyQuery::kNone;
    config_.behaviors[2].cache_key_query = edge::KeyQuery::kNamed;
    config_.behaviors[2].cache_key_parameters = {"page", "size"};
    config_.behaviors[3].cache_key_headers = {"Accept-Language", "x-api-key"};
    ASSERT_TRUE(keys_->upsert(key_entry("tm_live_other", "key_other")).ok());
    start();
    const auto is_hit = [&](std::string_view target, std::string_view more = "") {
        const std::size_t before = upstream_.requests().size();
        EXPECT_EQ(get(target, more).status, 200) << target;
        return upstream_.requests().size() == before;
    };
    EXPECT_FALSE(is_hit("/all/x?a=1"));
    EXPECT_TRUE(is_hit("/all/x?a=1"));
    EXPECT_FALSE(is_hit("/all/x?a=2"));
    EXPECT_FALSE(is_hit("/all/x"));
    EXPECT_FALSE(is_hit("/all/%78?a=1")) << "the upstream may tell them apart";
    EXPECT_FALSE(is_hit("/none/x?a=1"));
    EXPECT_TRUE(is_hit("/none/x?b=7"));
    EXPECT_FALSE(is_hit("/some/x?page=1&noise=1"));
    EXPECT_TRUE(is_hit("/some/x?noise=2&page=1"));
    EXPECT_FALSE(is_hit("/some/x?page=2"));
    EXPECT_FALSE(is_hit("/some/x?page=1&page=3")) << "no key covers a second value";
    EXPECT_FALSE(is_hit("/some/x?page=1&%70age=4"));
    EXPECT_FALSE(is_hit("/some/x?page=1&size=2"));
    EXPECT_FALSE(is_hit("/head/x", "Accept-Language: de\r\n"));
    EXPECT_TRUE(is_hit("/head/x", "Accept-Language: de\r\n"));
    EXPECT_FALSE(is_hit("/head/x", "Accept-Language: en\r\n"));
    const std::string other =
        "GET /head/x HTTP/1.1\r\nHost: api.test\r\nx-api-key: tm_live_other\r\nAccept-Language: de\r\n\r\n";
    const std::size_t before = upstream_.requests().size();
    EXPECT_EQ(send_one(port(), other).status, 200);
    EXPECT_EQ(upstream_.requests().size(), before + 1) << "another key, another answer";
}

TEST_F(CacheTest, ARequestWithABodyIsNeitherServedNorStored) {
    start();
    EXPECT_EQ(get("/c/x", "Content-Length: 4\r\n\r\nevil").body, "evil");
    EXPECT_EQ(get("/c/x").body, "hello");
    EXPECT_EQ(get("/c/x", "Content-Length: 4\r\n\r\nevil").body, "evil");
    EXPECT_EQ(get("/c/x").body, "hello");
}

TEST_F(CacheTest, AForeignHostHasAnAnswerOfItsOwn) {
    start();
    const auto ask = [&](std::string_view host) {
        return send_one(port(),
                        fmt::format("GET /c/x HTTP/1.1\r\nHost: {}\r\nx-api-key: {}\r\n\r\n", host, kKey));
    };
    (void)ask("evil.test");
    (void)ask("api.test");
    EXPECT_EQ(upstream_.requests().size(), 2U);
}

TEST_F(CacheTest, NoKeyLiesInTheCacheFolder) {
    config_.behaviors[0].cache_key_headers = {"x-api-key", "Authorization", "Cookie"};
    start();
    (void)get(fmt::format("/c/x?api_key={}&b=2", kKey),
              fmt::format("Authorization: Bearer {}\r\nCookie: s={}\r\n", kKey, kKey));
    for (int i = 0; i < 400 && cache_files().empty(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
    const auto files = cache_files();
    ASSERT_EQ(files.size(), 1U);
    EXPECT_THAT(files[0], HasSubstr("KEY: http://api.test/c/x?api_key="));
    EXPECT_THAT(files[0], HasSubstr("&b=2"));
    EXPECT_THAT(files[0], Not(HasSubstr(std::string(kKey))));
}

TEST_F(CacheTest, StrangersGetNothingFromTheCache) {
    start();
    EXPECT_EQ(get("/c/x").status, 200);
    EXPECT_EQ(send_one(port(), "GET /c/x HTTP/1.1\r\nHost: api.test\r\n\r\n").status, 403);
}

TEST_F(CacheTest, AnErrorHasItsPageAndItsTime) {
    config_.error_pages = {{404, "/page/error.html", std::chrono::seconds(300)}};
    start();
    const HttpResponse first = get("/c/status/404");
    EXPECT_EQ(first.status, 404);
    EXPECT_EQ(first.body, "hello") << "of /page/error.html";
    EXPECT_EQ(get("/c/status/404").status, 404);
    const auto& all = records(2);
    ASSERT_EQ(all.size(), 2U);
    for (const RequestRecord& record : all) {
        EXPECT_EQ(record.status, 404);
        EXPECT_EQ(record.result, ResultType::kError);
        EXPECT_EQ(record.uri_stem, "/c/status/404");
        EXPECT_EQ(record.behavior_pattern, "/c/*");
    }
    std::size_t errors = 0;
    for (const std::string& head : upstream_.requests())
        errors += head.starts_with("GET /c/status/404") ? 1U : 0U;
    EXPECT_EQ(errors, 1U) << "remembered for 300 s";
}

}  // namespace
}  // namespace tally::test
