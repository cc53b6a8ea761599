#pragma once

#include "base/clock.hpp"
#include "capture/capture_log.hpp"
#include "edge/key_table.hpp"
#include "edge/limit_file.hpp"
#include "edge/nginx_config.hpp"
#include "edge/nginx_process.hpp"
#include "edge/plan_table.hpp"
#include "http_exchange.hpp"
#include "support/temp_folder.hpp"
#include "upstream.hpp"

#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tally::test {

inline constexpr SipKey kSecret{0x5EC2E7, 0xBEEF};
inline constexpr std::string_view kKey = "tm_live_CanaryCanaryCanaryCanary012345";
inline constexpr std::string_view kRevokedKey = "tm_live_RevokedRevokedRevokedRevo67890";
inline constexpr std::string_view kUnknownKey = "tm_live_UnknownUnknownUnknownUnkn54321";

// "unknown_" and 16 hex digits: what a record shows of a key that nobody knows.
std::string unknown_mask(std::string_view key);

// A folder with a key table, an upstream and a running nginx of one worker, taken down at the end.
class EdgeSite : public testing::Test {
  protected:
    EdgeSite();
    ~EdgeSite() override;

    // Starts nginx; `locations` are added to the server, so that nginx itself can answer, too, and `http` to
    // what is around the server.
    void start(std::string_view locations = "", std::string_view http = "");

    [[nodiscard]] std::uint16_t port() const { return port_; }

    // One request with the good key on a connection of its own; `more` are further header lines.
    [[nodiscard]] HttpResponse get(std::string_view target, std::string_view more = "") const;

    // Waits until the log holds `count` completed records; the last ones, in order.
    const std::vector<RequestRecord>& records(std::size_t count);

    // The record of the only request so far.
    const RequestRecord& only_record();

    [[nodiscard]] std::string error_log() const;

    TempFolder folder_;
    SystemClock clock_;
    Upstream upstream_;
    std::uint16_t port_ = free_port();
    edge::EdgeConfig config_;
    std::unique_ptr<edge::KeyTable> keys_;
    std::unique_ptr<edge::PlanTable> plans_;   // "plan_1" without limits, which all keys are under
    std::unique_ptr<edge::LimitFile> limits_;  // ready
    std::unique_ptr<edge::NginxProcess> nginx_;
    capture::Scan scan_;
};

edge::KeyEntry key_entry(std::string_view key, std::string_view id);

}  // namespace tally::test
