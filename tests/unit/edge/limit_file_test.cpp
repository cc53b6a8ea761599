#include "edge/limit_file.hpp"

#include "edge/limit_counters.hpp"
#include "edge/limit_file_reader.hpp"
#include "support/temp_folder.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::edge {
namespace {

class LimitFileTest : public testing::Test {
  protected:
    std::unique_ptr<LimitFile> open() {
        auto limits = LimitFile::open_or_create(path_);
        EXPECT_TRUE(limits.ok()) << (limits.ok() ? "" : limits.error().message);
        return limits.ok() ? std::move(*limits) : nullptr;
    }

    std::unique_ptr<LimitFile> ready() {
        auto limits = open();
        EXPECT_TRUE(limits->begin_rebuild().ok());
        EXPECT_TRUE(limits->finish_rebuild().ok());
        return limits;
    }

    void damage(std::streamoff offset) const {
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(offset);
        const char byte = static_cast<char>(file.get() ^ 0x40);
        file.seekp(offset);
        file.put(byte);
    }

    test::TempFolder folder_;
    const std::string path_ = (folder_.path() / "limits").string();
};

TEST_F(LimitFileTest, ANewFileIsNotReadyUntilItWasRebuilt) {
    const auto limits = open();
    EXPECT_TRUE(limits->needs_rebuild());
    LimitFileReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    EXPECT_FALSE(reader.ready());
    ASSERT_TRUE(limits->begin_rebuild().ok());
    EXPECT_TRUE(limits->needs_rebuild());
    EXPECT_FALSE(reader.ready());
    ASSERT_TRUE(limits->set_quota_use(5, {20'000, 17}).ok());
    ASSERT_TRUE(limits->set_granted(6, 100).ok());
    ASSERT_TRUE(limits->set_used(6, 30).ok());
    ASSERT_TRUE(limits->finish_rebuild().ok());
    EXPECT_FALSE(limits->needs_rebuild());
    EXPECT_TRUE(reader.ready());
    LimitBlock* block = reader.block_of(5);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(block->keys[5].quota, quota_word(20'000, 17));
    EXPECT_EQ(block->customers[6].granted, 100U);
    EXPECT_EQ(block->customers[6].used, 30U);
    EXPECT_EQ(std::filesystem::status(path_).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(LimitFileTest, AServerThatDiedWhileRebuildingLeavesAFileThatIsNotReady) {
    {
        const auto limits = ready();
        ASSERT_TRUE(limits->begin_rebuild().ok());
    }
    EXPECT_TRUE(open()->needs_rebuild());
    LimitFileReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    EXPECT_FALSE(reader.ready());
}

TEST_F(LimitFileTest, WhatWasCountedStandsAcrossReopening) {
    {
        const auto limits = ready();
        ASSERT_TRUE(limits->reserve(3000, 10).ok());
        LimitFileReader reader;
        ASSERT_EQ(reader.open(path_.c_str()), 0);
        ASSERT_EQ(
            take_quota(reader.block_of(3000)->keys[3000 % kAccountsPerBlock].quota,
                       {.limit = 5, .offset = 0, .first_period = 0, .period = 700, .clock_believed = true}),
            Taken::kYes);
    }
    const auto limits = open();
    EXPECT_FALSE(limits->needs_rebuild());
    EXPECT_EQ(limits->quota_use(3000), (QuotaUse{700, 1}));
    EXPECT_EQ(limits->quota_use(2999), std::nullopt);
    EXPECT_EQ(limits->quota_use(1'000'000), std::nullopt);
    EXPECT_EQ(limits->allowance(1'000'000), Allowance{});
    ASSERT_TRUE(limits->set_quota_use(3000, {700, -5}).ok());
    EXPECT_EQ(limits->quota_use(3000), (QuotaUse{700, -5}));
}

TEST_F(LimitFileTest, BeginningARebuildEmptiesTheAccountsAndKeepsTheRoom) {
    const auto limits = ready();
    ASSERT_TRUE(limits->reserve(5000, 1).ok());
    ASSERT_TRUE(limits->set_quota_use(5000, {1, 1}).ok());
    LimitFileReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    ASSERT_TRUE(reader.ready());
    ASSERT_TRUE(limits->begin_rebuild().ok());
    EXPECT_FALSE(reader.ready()) << "the flag in the old file sends readers to the new one";
    EXPECT_EQ(limits->quota_use(5000), std::nullopt);
    EXPECT_TRUE(limits->set_quota_use(5000, {2, 2}).ok());
}

TEST_F(LimitFileTest, RefusesWhatItCannotHold) {
    const auto limits = ready();
    EXPECT_EQ(limits->set_quota_use(1, {-1, 0}).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(limits->set_quota_use(1, {65'536, 0}).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(limits->set_quota_use(1, {1, std::int64_t{1} << 47}).error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(limits->set_granted(5000, 1).error().message, testing::HasSubstr("reserved first"));
    EXPECT_FALSE(limits->set_granted(0, 1).ok());
}

TEST_F(LimitFileTest, ADamagedFileIsNoticedAndReplaced) {
    ready();
    for (const std::streamoff offset : {0, 8, 12, 16, 20, 24, 32, 40, 44}) {
        damage(offset);
        LimitFileReader reader;
        EXPECT_EQ(reader.open(path_.c_str()), MappedFile::kBadFile) << offset;
        EXPECT_FALSE(reader.ready());
        const auto limits = open();
        EXPECT_TRUE(limits->needs_rebuild()) << offset;
        EXPECT_EQ(limits->reserve(1, 1).error().code, ErrorCode::kCorruption);
        EXPECT_EQ(limits->finish_rebuild().error().code, ErrorCode::kCorruption);
        ASSERT_TRUE(limits->begin_rebuild().ok());
        ASSERT_TRUE(limits->finish_rebuild().ok());
        EXPECT_EQ(reader.open(path_.c_str()), 0) << offset;
        EXPECT_TRUE(reader.ready());
    }
    for (const std::uintmax_t size : {100'000U, 4096U, 10U, 0U}) {
        std::filesystem::resize_file(path_, size);
        EXPECT_TRUE(open()->needs_rebuild()) << size;
    }
}

TEST_F(LimitFileTest, AFullDiskIsReportedAndNothingIsLost) {
    const auto limits = ready();
    ASSERT_TRUE(limits->set_quota_use(1, {5, 5}).ok());
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit size = {1'000'000, 1'000'000};
        ::setrlimit(RLIMIT_FSIZE, &size);
        const Status reserved = limits->reserve(1'000'000, 1);
        const bool reported = !reserved.ok() && reserved.error().code == ErrorCode::kUnavailable;
        ::_exit(reported && limits->quota_use(1) == QuotaUse{5, 5} && limits->reserve(2000, 1).ok() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_EQ(open()->quota_use(1), (QuotaUse{5, 5}));
}

// Workers of their own process, which die by signal in the middle of counting; the file grows meanwhile.
TEST_F(LimitFileTest, EveryTakenRequestIsCountedOnceByManyProcessesWhileTheFileGrows) {
    constexpr std::int64_t kQuota = 300'000;
    const auto limits = ready();
    ASSERT_TRUE(limits->set_granted(3, kQuota).ok());
    const QuotaRule rule{kQuota, 0, 0, 20'000, true};
    std::vector<pid_t> workers;
    for (int i = 0; i < 4; ++i) {
        const pid_t pid = ::fork();
        ASSERT_GE(pid, 0);
        if (pid == 0) {
            LimitFileReader reader;
            if (reader.open(path_.c_str()) != 0)
                ::_exit(100);
            // Walks on to the block that was added last.
            while (reader.block_of(9 * kAccountsPerBlock) == nullptr)
                take_quota(reader.block_of(1)->keys[1].quota, rule);
            int taken = 0;
            while (take_credit(reader.block_of(3)->customers[3].granted,
                               reader.block_of(3)->customers[3].used) == Taken::kYes)
                ++taken;
            while (take_quota(reader.block_of(1)->keys[1].quota, rule) == Taken::kYes)
                ++taken;
            ::_exit(taken == 0 ? 99 : 0);
        }
        workers.push_back(pid);
    }
    for (std::uint32_t block = 1; block < 10; ++block)
        ASSERT_TRUE(limits->reserve(block * kAccountsPerBlock, 1).ok());
    for (const pid_t pid : workers) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_NE(WEXITSTATUS(status), 100);
    }
    EXPECT_EQ(limits->quota_use(1), (QuotaUse{20'000, kQuota}));
    EXPECT_EQ(limits->allowance(3), (Allowance{kQuota, kQuota}));
}

}  // namespace
}  // namespace tally::edge
