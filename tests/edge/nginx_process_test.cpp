// The life of the nginx that a data folder has.
#include "edge/command.hpp"
#include "edge/process_table.hpp"
#include "edge_site.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace tally::test {
namespace {

using edge::NginxProcess;
using testing::HasSubstr;

class NginxProcessTest : public EdgeSite {
  protected:
    // `nginx -t` on the written configuration with one line changed.
    std::string refusal_of(const std::string& from, const std::string& to) {
        auto text = edge::nginx_config_text(config_, true);
        EXPECT_TRUE(text.ok());
        const std::size_t at = text->find(from);
        EXPECT_NE(at, std::string::npos) << from;
        text->replace(at, from.size(), to);
        const std::string path = folder_.path() / "changed.conf";
        std::ofstream(path) << *text;
        const auto said =
            edge::run_command({edge::find_nginx()->string(), "-t", "-q", "-e", "stderr", "-c", path});
        EXPECT_TRUE(said.ok());
        EXPECT_NE(said->exit_code, 0) << to;
        return said->output;
    }
};

TEST_F(NginxProcessTest, StartsAnswersAndStops) {
    EXPECT_FALSE(nginx_->running().has_value());
    start();
    ASSERT_TRUE(nginx_->running().has_value());
    EXPECT_TRUE(nginx_->answers());
    EXPECT_EQ(get("/x").status, 200);
    const int pid = *nginx_->running();
    ASSERT_TRUE(nginx_->stop().ok());
    EXPECT_FALSE(edge::is_alive(pid));
    EXPECT_FALSE(nginx_->answers());
    EXPECT_TRUE(nginx_->stop().ok()) << "stopping twice is no error";
    EXPECT_EQ(error_log(), "") << "nothing to complain about";
}

TEST_F(NginxProcessTest, AServerThatComesBackAdoptsIt) {
    start();
    const int pid = *nginx_->running();
    NginxProcess other(*edge::find_nginx(), config_, clock_);
    ASSERT_TRUE(other.start().ok());
    EXPECT_EQ(other.running(), pid);
    EXPECT_EQ(get("/x").status, 200);
    ASSERT_TRUE(other.stop().ok());
    EXPECT_FALSE(nginx_->running().has_value());
}

TEST_F(NginxProcessTest, AForeignProcessInThePidFileIsNotOurs) {
    std::ofstream(edge::nginx_pid_path(config_)) << ::getpid();
    EXPECT_FALSE(nginx_->running().has_value());
    EXPECT_TRUE(nginx_->stop().ok());
    start();
    EXPECT_EQ(get("/x").status, 200);
}

TEST_F(NginxProcessTest, WorkersOfAKilledMasterMakeRoomForTheNext) {
    start();
    const int master = *nginx_->running();
    ASSERT_EQ(::kill(master, SIGKILL), 0);
    for (int i = 0; i < 1000 && edge::is_alive(master); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // poll
    ASSERT_FALSE(edge::group_members(master).empty()) << "the worker lives on";
    start();
    EXPECT_NE(*nginx_->running(), master);
    EXPECT_TRUE(edge::group_members(master).empty());
    EXPECT_EQ(get("/x").status, 200);
}

TEST_F(NginxProcessTest, AChangedConfigurationIsTakenOverWithoutAStop) {
    start();
    const int pid = *nginx_->running();
    edge::EdgeConfig changed = config_;
    changed.anonymous = true;
    ASSERT_TRUE(nginx_->apply(changed).ok());
    int status = 0;
    for (int i = 0; i < 1000 && status != 200; ++i) {
        status = send_one(port(), "GET /x HTTP/1.1\r\nHost: a\r\n\r\n").status;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
    }
    EXPECT_EQ(status, 200);
    EXPECT_EQ(nginx_->running(), pid);
    changed.body_size_max = "much";
    const Status refused = nginx_->apply(changed);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message, HasSubstr("client_max_body_size"));
    EXPECT_EQ(get("/x").status, 200) << "the running one goes on";
}

TEST_F(NginxProcessTest, SaysWhoHasThePort) {
    config_.listen = fmt::format("127.0.0.1:{}", upstream_.port());
    NginxProcess late(*edge::find_nginx(), config_, clock_);
    const Status started = late.start();
    ASSERT_FALSE(started.ok());
    EXPECT_EQ(started.error().code, ErrorCode::kConflict);
    EXPECT_THAT(started.error().message, HasSubstr(fmt::format("edge_test (process {})", ::getpid())));
    EXPECT_FALSE(late.running().has_value());
}

TEST_F(NginxProcessTest, ABrokenModuleIsReportedInNginxsWords) {
    config_.module = folder_.path() / "none.so";
    NginxProcess broken(*edge::find_nginx(), config_, clock_);
    const Status started = broken.start();
    ASSERT_FALSE(started.ok());
    EXPECT_THAT(started.error().message, HasSubstr("none.so"));
    EXPECT_FALSE(broken.running().has_value());
}

TEST_F(NginxProcessTest, AnotherVersionIsRefusedWithTheWayOut) {
    const Path fake = folder_.path() / "nginx";
    std::ofstream(fake) << "#!/bin/sh\necho 'nginx version: nginx/1.22.10' >&2\n";
    ::chmod(fake.c_str(), 0755);
    const Status checked = edge::check_nginx_version(fake);
    ASSERT_FALSE(checked.ok());
    EXPECT_THAT(checked.error().message, HasSubstr("nginx/1.22.10"));
    EXPECT_THAT(checked.error().message, HasSubstr("apt-get install nginx"));
    EXPECT_TRUE(edge::check_nginx_version(*edge::find_nginx()).ok());
}

TEST_F(NginxProcessTest, AMissingNginxSaysWhatToInstall) {
    ::setenv("TALLYMAN_NGINX", "/none/nginx", 1);
    const auto found = edge::find_nginx();
    ::unsetenv("TALLYMAN_NGINX");
    ASSERT_FALSE(found.ok());
    EXPECT_THAT(found.error().message, HasSubstr("/none/nginx"));
}

TEST_F(NginxProcessTest, WrongDirectivesAreRefusedWithLineAndReason) {
    EXPECT_THAT(refusal_of("tallyman_on_full reject;", "tallyman_on_full maybe;"),
                testing::ContainsRegex("invalid value \"maybe\" in .*changed.conf:[0-9]+"));
    EXPECT_THAT(refusal_of("tallyman_anonymous off;", "tallyman_anonymous perhaps;"),
                HasSubstr("it must be \"on\" or \"off\""));
    EXPECT_THAT(refusal_of("tallyman_segment_size 1048576;", "tallyman_segment_size 1k;"),
                HasSubstr("must lie between 512k and 1g"));
    EXPECT_THAT(refusal_of("tallyman_segment_size 1048576;", "tallyman_segment_size big;"),
                HasSubstr("invalid value"));
    EXPECT_THAT(refusal_of("tallyman_capture_size_max 4294967296;", "tallyman_capture_size_max 1m;"),
                HasSubstr("at least two segments"));
    EXPECT_THAT(refusal_of(fmt::format("tallyman_key_table \"{}\";", config_.key_table.string()), ""),
                HasSubstr("needs \"tallyman_key_table path;\""));
    EXPECT_THAT(refusal_of("tallyman_stage \"test\";", "tallyman_stages \"test\";"),
                HasSubstr("unknown directive \"tallyman_stages\""));
}

}  // namespace
}  // namespace tally::test
