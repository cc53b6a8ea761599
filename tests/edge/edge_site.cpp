#include "edge_site.hpp"

#include "edge/command.hpp"

#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::test {

std::string unknown_mask(std::string_view key) {
    return fmt::format("unknown_{:016x}", siphash128(kSecret, key.data(), key.size()).low);
}

edge::KeyEntry key_entry(std::string_view key, std::string_view id) {
    edge::KeyEntry entry;
    entry.digest = siphash128(kSecret, key.data(), key.size());
    entry.key_id = KeyId{std::string(id)};
    entry.customer_id = CustomerId{"cus_1"};
    entry.plan = 1;
    return entry;
}

EdgeSite::EdgeSite() {
    config_.listen = fmt::format("127.0.0.1:{}", port_);
    config_.upstream = fmt::format("http://127.0.0.1:{}", upstream_.port());
    config_.workers = 1;
    config_.connections_max = 256;
    config_.folder = folder_.path() / "edge";
    config_.module = EDGE_MODULE;
    config_.capture_folder = folder_.path() / "capture";
    config_.key_table = config_.folder / "keys.table";
    config_.plan_table = config_.folder / "plans.table";
    config_.limits = config_.folder / "limits";
    config_.counters = config_.folder / "edge.counters";
    config_.segment_size = 1024 * 1024;
    config_.stage = "test";
    config_.edge_location = "EDGE1-P1";
    config_.distribution = "d111.example.net";
    std::filesystem::create_directories(config_.folder / "tmp");
    std::filesystem::create_directories(config_.capture_folder);
    auto table = edge::KeyTable::open_or_create(config_.key_table, kSecret);
    EXPECT_TRUE(table.ok());
    keys_ = std::move(*table);
    EXPECT_TRUE(keys_->upsert(key_entry(kKey, "key_good")).ok());
    auto plans = edge::PlanTable::open_or_create(config_.plan_table);
    EXPECT_TRUE(plans.ok());
    plans_ = std::move(*plans);
    EXPECT_TRUE(plans_->upsert({1, "plan_1", {}}).ok());
    auto limits = edge::LimitFile::open_or_create(config_.limits);
    EXPECT_TRUE(limits.ok());
    limits_ = std::move(*limits);
    EXPECT_TRUE(limits_->finish_rebuild().ok());
    EXPECT_TRUE(keys_->upsert(key_entry(kRevokedKey, "key_revoked")).ok());
    EXPECT_TRUE(keys_->revoke(key_entry(kRevokedKey, "").digest).ok());
    nginx_ = std::make_unique<edge::NginxProcess>(*edge::find_nginx(), config_, clock_);
}

EdgeSite::~EdgeSite() {
    upstream_.release();
    EXPECT_TRUE(nginx_->stop().ok());
}

void EdgeSite::start(std::string_view locations, std::string_view http) {
    nginx_ = std::make_unique<edge::NginxProcess>(*edge::find_nginx(), config_, clock_);
    const Status started = nginx_->start();
    ASSERT_TRUE(started.ok()) << started.error().message;
    if (locations.empty())
        return;
    // The server that Tallyman writes has no such locations, so they are put in by hand and reloaded.
    std::ifstream file(edge::nginx_config_path(config_));
    std::string text(std::istreambuf_iterator<char>(file), {});
    text.insert(text.find("        location / {"), locations);
    text.insert(text.find("    server {"), http);
    std::ofstream(edge::nginx_config_path(config_)) << text;
    const auto tested = edge::run_command({edge::find_nginx()->string(), "-t", "-q", "-e", "stderr", "-c",
                                           edge::nginx_config_path(config_).string()});
    ASSERT_EQ(tested->output, "");
    ASSERT_TRUE(nginx_->stop().ok());
    const auto begun = edge::run_command({edge::find_nginx()->string(), "-p", config_.folder.string() + "/",
                                          "-c", edge::nginx_config_path(config_).string(), "-e",
                                          edge::nginx_error_log_path(config_).string()});
    ASSERT_EQ(begun->exit_code, 0) << begun->output;
    for (int i = 0; i < 2000 && !nginx_->answers(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
    ASSERT_TRUE(nginx_->answers());
}

HttpResponse EdgeSite::get(std::string_view target, std::string_view more) const {
    return send_one(port_, fmt::format("GET {} HTTP/1.1\r\nHost: api.test\r\nx-api-key: {}\r\n{}\r\n", target,
                                       kKey, more));
}

const std::vector<RequestRecord>& EdgeSite::records(std::size_t count) {
    const capture::CaptureLog log(config_.capture_folder);
    for (int i = 0; i < 2000; ++i) {
        auto scan = log.scan({});
        EXPECT_TRUE(scan.ok()) << (scan.ok() ? "" : scan.error().message);
        if (!scan.ok())
            break;
        scan_ = std::move(*scan);
        EXPECT_TRUE(scan_.damages.empty());
        if (scan_.pending == 0 && scan_.records.size() >= count)
            break;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // poll
    }
    EXPECT_EQ(scan_.records.size(), count);
    return scan_.records;
}

const RequestRecord& EdgeSite::only_record() {
    static const RequestRecord none;
    const auto& all = records(1);
    return all.size() == 1 ? all.front() : none;
}

std::string EdgeSite::error_log() const {
    std::ifstream file(edge::nginx_error_log_path(config_));
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace tally::test
