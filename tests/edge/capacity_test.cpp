// What happens when the capture log can take no more.
#include "edge/uncaptured.hpp"
#include "edge_site.hpp"

#include <numeric>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tally::test {
namespace {

class CapacityTest : public EdgeSite {
  protected:
    CapacityTest() {
        config_.segment_size = 512 * 1024;
        config_.capture_size_max = 1024 * 1024;
    }

    // Calls until the answer is another one than before; how often it was `status`.
    int calls_answered(int status) {
        HttpConnection connection(port());
        const std::string request =
            fmt::format("GET /x HTTP/1.1\r\nHost: a\r\nx-api-key: {}\r\nX-Fill: {}\r\n\r\n", kKey,
                        std::string(4000, 'f'));
        for (int calls = 0; calls < 1000; ++calls) {
            connection.send(request);
            last_ = connection.receive();
            if (last_.status != status)
                return calls;
        }
        return 1000;
    }

    [[nodiscard]] edge::UncapturedHour uncaptured() const {
        const auto hours = edge::read_uncaptured(config_.counters);
        EXPECT_TRUE(hours.ok());
        edge::UncapturedHour sum;
        for (const edge::UncapturedHour& hour : *hours) {
            sum.lost += hour.lost;
            sum.refused += hour.refused;
        }
        return sum;
    }

    HttpResponse last_;
};

TEST_F(CapacityTest, RejectsBeforeTheUpstreamIsAskedAndHealsByItself) {
    start();
    const int served = calls_answered(200);
    ASSERT_LT(served, 1000);
    EXPECT_GT(served, 150);
    EXPECT_EQ(last_.status, 503);
    EXPECT_EQ(last_.body, R"({"message":"Service Unavailable"})");
    EXPECT_EQ(last_.header("Content-Type"), "application/json");
    EXPECT_EQ(get("/x").status, 503);
    EXPECT_EQ(upstream_.requests().size(), static_cast<std::size_t>(served));
    EXPECT_THAT(error_log(), testing::HasSubstr("cannot write a segment"));

    // A small refusal may still fit into the last segment; each is either recorded or counted.
    const auto& all = records(static_cast<std::size_t>(served) + 2 - uncaptured().refused);
    for (std::size_t i = static_cast<std::size_t>(served); i < all.size(); ++i)
        EXPECT_EQ(all[i].result, ResultType::kCapacityExceeded);
    EXPECT_EQ(uncaptured().lost, 0U);

    capture::CaptureLog log(config_.capture_folder);
    ASSERT_TRUE(log.remove_taken(scan_.next).ok());
    for (int i = 0; i < 1000 && get("/again").status != 200; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));  // poll
    EXPECT_EQ(get("/again").status, 200);
}

TEST_F(CapacityTest, ServesAndCountsExactlyWhatIsLost) {
    config_.on_full = edge::OnFull::kServe;
    start();
    EXPECT_EQ(calls_answered(200), 1000);
    const std::uint64_t lost = uncaptured().lost;
    EXPECT_GT(lost, 500U);
    records(1000 - lost);
    EXPECT_EQ(uncaptured().refused, 0U);
}

TEST_F(CapacityTest, AFolderThatIsNotThereRefusesAndIsUsedOnceItIs) {
    start();
    ASSERT_TRUE(nginx_->stop().ok());
    std::filesystem::remove_all(config_.capture_folder);
    ASSERT_TRUE(edge::nginx_config_text(config_, true).ok());
    start("");
    EXPECT_EQ(get("/x").status, 200) << "start makes the folder";
}

}  // namespace
}  // namespace tally::test
