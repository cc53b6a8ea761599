#include "delivery/access_logs.hpp"

#include "support/capture_writer.hpp"
#include "support/faulty_file_system.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

namespace tally::delivery {
namespace {

using test::CapturedRequest;
using test::CaptureWriter;
using test::FaultPlan;
using test::FaultyFileSystem;

constexpr Instant kNoon =
    Instant{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}} + std::chrono::hours(12);

std::string gunzip(const std::string& packed) {
    z_stream stream = {};
    EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    std::string out(4U << 20U, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

class AccessLogsTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(disk_.make_folders(log_folder()).ok()); }

    [[nodiscard]] Path log_folder() const { return folder_.path() / "capture"; }

    [[nodiscard]] AccessLogOptions options() const {
        AccessLogOptions out;
        out.folder = folder_.path() / "access-logs";
        out.standard = out.realtime = out.gateway = true;
        out.distribution_id = "ETEST";
        out.records_max = 4;
        return out;
    }

    static void capture(CaptureWriter& writer, int count, Instant from = kNoon) {
        for (int i = 0; i < count; ++i)
            ASSERT_TRUE(writer.write({.time = from + std::chrono::minutes(7 * i)}));
    }

    // Lines of all files of a kind.
    std::vector<std::string> lines(const std::string& kind) {
        std::vector<std::string> out;
        const Path folder = folder_.path() / "access-logs" / kind;
        const auto names = disk_.list(folder);
        for (const std::string& name : names.value_or(std::vector<std::string>{})) {
            std::string text = disk_.read(folder / name).value();
            if (name.ends_with(".gz"))
                text = gunzip(text);
            std::istringstream stream(text);
            for (std::string line; std::getline(stream, line);)
                if (!line.starts_with('#'))
                    out.push_back(line);
        }
        return out;
    }

    void expect_each_once(std::size_t count) {
        for (const char* kind : {"standard", "realtime", "apigateway"}) {
            auto found = lines(kind);
            EXPECT_EQ(found.size(), count) << kind;
            std::sort(found.begin(), found.end());
            EXPECT_EQ(std::unique(found.begin(), found.end()), found.end()) << kind;
        }
    }

    test::TempFolder folder_;
    PosixFileSystem disk_;
};

TEST_F(AccessLogsTest, EachRecordStandsOnceInAFileOfItsHour) {
    CaptureWriter writer(log_folder(), 7, kNoon);
    const capture::CaptureLog log(log_folder());
    AccessLogs logs(options(), log, disk_);
    ASSERT_TRUE(logs.open({}).ok());
    capture(writer, 25);
    const auto first = logs.write();
    ASSERT_TRUE(first.ok()) << first.error().message;
    EXPECT_EQ(first->records, 25U);
    capture(writer, 5, kNoon + std::chrono::hours(24));
    EXPECT_EQ(logs.write().value().records, 5U);
    EXPECT_EQ(logs.write().value().files, 0U);
    expect_each_once(30);
    const auto names = disk_.list(folder_.path() / "access-logs" / "standard").value();
    for (const std::string& name : names) {
        EXPECT_TRUE(name.starts_with("ETEST.2026-10-0")) << name;
        const std::string hour = name.substr(17, 2);
        std::istringstream text(
            gunzip(disk_.read(folder_.path() / "access-logs" / "standard" / name).value()));
        std::string line;
        std::getline(text, line);
        EXPECT_EQ(line, "#Version: 1.0");
        std::getline(text, line);
        while (std::getline(text, line))
            EXPECT_EQ(line.substr(11, 2), hour) << line;
    }
}

TEST_F(AccessLogsTest, ARequestThatHasNotEndedIsWrittenWhenItHas) {
    CaptureWriter writer(log_folder(), 7, kNoon);
    const capture::CaptureLog log(log_folder());
    AccessLogs logs(options(), log, disk_);
    ASSERT_TRUE(logs.open({}).ok());
    capture::PendingRecord pending;
    ASSERT_TRUE(writer.begin({.time = kNoon - std::chrono::seconds(1)}, pending));
    capture(writer, 3);
    EXPECT_EQ(logs.write().value().records, 3U);
    writer.complete({.time = kNoon}, pending);
    EXPECT_EQ(logs.write().value().records, 1U);
    expect_each_once(4);
}

TEST_F(AccessLogsTest, ItBeginsWhereItIsToldAndGoesOnWhereItWas) {
    CaptureWriter writer(log_folder(), 7, kNoon);
    const capture::CaptureLog log(log_folder());
    capture(writer, 4);
    const capture::Positions delivered = log.scan({}).value().next;
    capture(writer, 3, kNoon + std::chrono::hours(5));
    {
        AccessLogs logs(options(), log, disk_);
        EXPECT_EQ(logs.open(delivered).value(), delivered);
        EXPECT_EQ(logs.write().value().records, 3U);
    }
    AccessLogs again(options(), log, disk_);
    EXPECT_EQ(again.open({}).value().writers.at(7).next, 7U);
    EXPECT_EQ(again.write().value().records, 0U);
    expect_each_once(3);
}

// Killed in every operation in turn, and started again.
TEST_F(AccessLogsTest, AKillAtAnyPointLosesNothingAndWritesNothingTwice) {
    std::uint64_t operations = 1;
    for (std::uint64_t at = 1; at <= operations; ++at) {
        std::filesystem::remove_all(folder_.path() / "access-logs");
        std::filesystem::remove_all(log_folder());
        ASSERT_TRUE(disk_.make_folders(log_folder()).ok());
        CaptureWriter writer(log_folder(), at + 1, kNoon);
        const capture::CaptureLog log(log_folder());
        capture(writer, 9);
        FaultPlan plan(FaultPlan::Kind::kKill, at);
        FaultyFileSystem dying(plan);
        {
            AccessLogs logs(options(), log, dying);
            if (logs.open({}).ok())
                static_cast<void>(logs.write().ok());
        }
        operations = std::max(operations, plan.fired() ? at + 1 : at);
        AccessLogs logs(options(), log, disk_);
        ASSERT_TRUE(logs.open({}).ok());
        ASSERT_TRUE(logs.write().ok());
        expect_each_once(9);
        if (HasFailure()) {
            ADD_FAILURE() << "killed in operation " << at;
            return;
        }
    }
    EXPECT_GT(operations, 50U);
}

// A failure that passes, met by the same process.
TEST_F(AccessLogsTest, AFailureAtAnyPointIsMadeGoodByTheNextTry) {
    for (std::uint64_t at = 1; at <= 60; ++at) {
        std::filesystem::remove_all(folder_.path() / "access-logs");
        std::filesystem::remove_all(log_folder());
        ASSERT_TRUE(disk_.make_folders(log_folder()).ok());
        CaptureWriter writer(log_folder(), at + 1, kNoon);
        const capture::CaptureLog log(log_folder());
        capture(writer, 9);
        FaultPlan plan(FaultPlan::Kind::kFailOnce, at);
        FaultyFileSystem failing(plan);
        AccessLogs logs(options(), log, failing);
        ASSERT_TRUE(logs.open({}).ok() || logs.open({}).ok());
        ASSERT_TRUE(logs.write().ok() || logs.write().ok());
        expect_each_once(9);
        if (HasFailure()) {
            ADD_FAILURE() << "failed in operation " << at;
            return;
        }
    }
}

TEST_F(AccessLogsTest, AForeignStateFileIsRefusedWithTheWayOut) {
    const capture::CaptureLog log(log_folder());
    ASSERT_TRUE(disk_.make_folders(options().folder).ok());
    ASSERT_TRUE(write_new_file(disk_, options().folder / "positions.json", "{\"a\":1}").ok());
    AccessLogs logs(options(), log, disk_);
    const auto opened = logs.open({});
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::kCorruption);
    EXPECT_NE(opened.error().message.find("remove it"), std::string::npos);
}

}  // namespace
}  // namespace tally::delivery
