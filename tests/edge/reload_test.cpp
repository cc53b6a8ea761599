// Reloads and binary upgrades under load: every call that was answered is recorded once, and no other.
#include "edge/process_table.hpp"
#include "edge_site.hpp"

#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

namespace tally::test {
namespace {

constexpr int kClients = 4;
constexpr int kReloads = 20;
constexpr int kUpgrades = 2;

// Keepalive clients, each with calls of names of its own. A connection that ends is opened anew.
class Load {
  public:
    explicit Load(std::uint16_t port) {
        for (int client = 0; client < kClients; ++client)
            threads_.emplace_back([this, port, client] { run(port, client); });
    }

    ~Load() { stop(); }

    void stop() {
        stopping_ = true;
        for (std::thread& thread : threads_)
            if (thread.joinable())
                thread.join();
    }

    std::set<std::string> answered;    // read them after stop()
    std::set<std::string> unanswered;  // the connection ended first

    // Waits for so many more answers.
    void wait_for(int more) {
        const int wanted = count_ + more;
        while (count_ < wanted)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll
    }

  private:
    void run(std::uint16_t port, int client) {
        auto connection = std::make_unique<HttpConnection>(port);
        for (int call = 0; !stopping_; ++call) {
            const std::string name = fmt::format("/call-{}-{}", client, call);
            connection->send(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\nx-api-key: {}\r\n\r\n", name, kKey));
            const HttpResponse response = connection->receive();
            const std::lock_guard lock(mutex_);
            if (response.status == 200 && response.body == "hello") {
                answered.insert(name);
                ++count_;
            } else {
                EXPECT_EQ(response.status, 0) << "an answer is the upstream's or none";
                unanswered.insert(name);
            }
            if (response.status == 0 || response.header("Connection") == "close")
                connection = std::make_unique<HttpConnection>(port);
        }
    }

    std::atomic<bool> stopping_ = false;
    std::atomic<int> count_ = 0;
    std::mutex mutex_;
    std::vector<std::thread> threads_;
};

class ReloadTest : public EdgeSite {
  protected:
    ReloadTest() {
        config_.workers = 2;
        config_.segment_size = 8 * 1024 * 1024;
    }

    void expect_each_once(const Load& load) {
        std::map<std::string, int> recorded;
        const capture::CaptureLog log(config_.capture_folder);
        for (int i = 0; i < 2000; ++i) {
            auto scan = log.scan({});
            ASSERT_TRUE(scan.ok());
            scan_ = std::move(*scan);
            if (scan_.pending == 0 && scan_.records.size() >= load.answered.size())
                break;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
        }
        for (const RequestRecord& record : scan_.records)
            if (record.uri_stem.starts_with("/call-"))
                ++recorded[std::string(record.uri_stem)];
        int lost = 0;
        for (const std::string& name : load.answered)
            lost += recorded.count(name) == 0 ? 1 : 0;
        int doubled = 0;
        int strangers = 0;
        for (const auto& [name, count] : recorded) {
            doubled += count > 1 ? 1 : 0;
            strangers += load.answered.count(name) == 0 && load.unanswered.count(name) == 0 ? 1 : 0;
        }
        EXPECT_EQ(lost, 0) << "of " << load.answered.size();
        EXPECT_EQ(doubled, 0);
        EXPECT_EQ(strangers, 0);
        EXPECT_GT(load.answered.size(), 100U);
    }

    // Waits until the pid file names another running master.
    int wait_for_other_master(int old) {
        for (int i = 0; i < 2000; ++i) {
            const auto pid = nginx_->running();
            if (pid && *pid != old && nginx_->answers())
                return *pid;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
        }
        ADD_FAILURE() << "no new master: " << error_log();
        return 0;
    }
};

TEST_F(ReloadTest, AReloadNeitherLosesNorDoublesACall) {
    start();
    Load load(port());
    for (int i = 0; i < kReloads; ++i) {
        edge::EdgeConfig changed = config_;
        changed.stage = fmt::format("stage{}", i);
        ASSERT_TRUE(nginx_->apply(changed).ok());
        load.wait_for(50);
    }
    load.stop();
    expect_each_once(load);
}

TEST_F(ReloadTest, ABinaryUpgradeNeitherLosesNorDoublesACall) {
    start();
    Load load(port());
    for (int i = 0; i < kUpgrades; ++i) {
        load.wait_for(100);
        const int old = *nginx_->running();
        ASSERT_EQ(::kill(old, SIGUSR2), 0);
        const int fresh = wait_for_other_master(old);
        ASSERT_NE(fresh, 0);
        load.wait_for(50);
        ASSERT_EQ(::kill(old, SIGWINCH), 0);
        load.wait_for(50);
        ASSERT_EQ(::kill(old, SIGQUIT), 0);
        for (int n = 0; n < 2000 && edge::is_alive(old); ++n)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
        EXPECT_FALSE(edge::is_alive(old));
        EXPECT_EQ(nginx_->running(), fresh);
        load.wait_for(50);
    }
    load.stop();
    expect_each_once(load);
}

}  // namespace
}  // namespace tally::test
