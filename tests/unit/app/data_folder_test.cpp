#include "app/data_folder.hpp"

#include "base/random.hpp"
#include "support/temp_folder.hpp"

#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::app {
namespace {

class DataFolderTest : public testing::Test {
  protected:
    Result<DataFolder> create() { return DataFolder::create(temp_.path() / "data", files_, random_); }

    test::TempFolder temp_;
    PosixFileSystem files_;
    SystemRandom random_;
};

unsigned mode_of(const Path& path) {
    struct stat info {};

    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 0777U;
}

TEST_F(DataFolderTest, CreateMakesWhatOpenFinds) {
    const auto folder = create();
    ASSERT_TRUE(folder.ok()) << folder.error().message;
    const auto opened = DataFolder::open(temp_.path() / "data/");
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->root(), folder->root());
    EXPECT_EQ(*opened->config(files_), Config());
    EXPECT_GE(opened->admin_token()->reveal().size(), 40U);
}

TEST_F(DataFolderTest, SecretsAreTheOwnersAloneAndNotInTheConfiguration) {
    const auto folder = create();
    EXPECT_EQ(mode_of(folder->token_file()), 0600U);
    EXPECT_EQ(mode_of(folder->key_secret_file()), 0600U);
    EXPECT_EQ(mode_of(folder->root()), 0700U);
    const auto token = folder->admin_token();
    EXPECT_EQ(files_.read(folder->config_file())->find(token->reveal()), std::string::npos);
}

TEST_F(DataFolderTest, EveryTokenIsAnother) {
    std::set<std::string> tokens;
    for (int i = 0; i < 20; ++i) {
        const auto folder = DataFolder::create(temp_.path() / std::to_string(i), files_, random_);
        tokens.emplace(folder->admin_token()->reveal());
    }
    EXPECT_EQ(tokens.size(), 20U);
}

TEST_F(DataFolderTest, CreateChangesNothingThatIsThere) {
    const auto folder = create();
    const std::string before = *files_.read(folder->token_file());
    const auto again = create();
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
    EXPECT_EQ(*files_.read(folder->token_file()), before);

    std::filesystem::create_directory(temp_.path() / "other");
    std::ofstream(temp_.path() / "other" / "thesis.txt") << "mine";
    const auto other = DataFolder::create(temp_.path() / "other", files_, random_);
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code, ErrorCode::kConflict);
    EXPECT_NE(other.error().message.find("thesis.txt"), std::string::npos);
}

TEST_F(DataFolderTest, WhatIsNoDataFolderSaysHowToMakeOne) {
    const auto folder = DataFolder::open(temp_.path());
    ASSERT_FALSE(folder.ok());
    EXPECT_EQ(folder.error().code, ErrorCode::kNotFound);
    EXPECT_NE(folder.error().message.find("tallyman init"), std::string::npos);
}

TEST_F(DataFolderTest, ATokenThatOthersMayReadIsRefused) {
    const auto folder = create();
    ASSERT_EQ(::chmod(folder->token_file().c_str(), 0640), 0);
    const auto token = folder->admin_token();
    ASSERT_FALSE(token.ok());
    EXPECT_EQ(token.error().code, ErrorCode::kForbidden);
    EXPECT_NE(token.error().message.find("chmod 600"), std::string::npos);
}

TEST_F(DataFolderTest, UrisAreBelowTheFolderUnlessAbsolute) {
    const DataFolder folder("/srv/data");
    EXPECT_EQ(folder.resolve("file:lake"), "/srv/data/lake");
    EXPECT_EQ(folder.resolve("file:/mnt/lake"), "/mnt/lake");
    EXPECT_EQ(folder.resolve("file:///mnt/lake"), "/mnt/lake");
    EXPECT_EQ(folder.resolve("sqlite:state.db"), "/srv/data/state.db");
}

TEST_F(DataFolderTest, OneHasTheLockAndDeathGivesItBack) {
    const auto folder = *create();
    {
        const auto mine = FolderLock::take(folder);
        ASSERT_TRUE(mine.ok());
        const auto second = FolderLock::take(folder);
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
    }
    EXPECT_TRUE(FolderLock::take(folder).ok());

    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto held = FolderLock::take(folder);
        const char told = held.ok() ? 'y' : 'n';
        static_cast<void>(!::write(ready[1], &told, 1));
        ::pause();
        ::_exit(0);
    }
    char told = 0;
    ASSERT_EQ(::read(ready[0], &told, 1), 1);
    EXPECT_EQ(told, 'y');
    EXPECT_FALSE(FolderLock::take(folder).ok());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(FolderLock::take(folder).ok());
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(DataFolderTest, AServersRecordCountsOnlyWhileTheLockIsHeld) {
    const auto folder = *create();
    EXPECT_FALSE(find_server(files_, folder));
    ASSERT_TRUE(write_server_record(files_, folder, {::getpid(), "http://127.0.0.1:8090"}));
    EXPECT_FALSE(find_server(files_, folder));  // nobody has the lock: it was killed
    const auto lock = FolderLock::take(folder);
    const auto server = find_server(files_, folder);
    ASSERT_TRUE(server);
    EXPECT_EQ(server->pid, ::getpid());
    EXPECT_EQ(server->url, "http://127.0.0.1:8090");
    std::ofstream(folder.server_file()) << "rubbish";
    EXPECT_FALSE(find_server(files_, folder));
}

TEST_F(DataFolderTest, AServerWhoseProcessHasEndedIsNone) {
    const auto folder = *create();
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(0);
    ASSERT_TRUE(write_server_record(files_, folder, {child, "http://127.0.0.1:8090"}));
    const auto lock = FolderLock::take(folder);  // as a thread of it that has not ended yet would
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
    EXPECT_FALSE(find_server(files_, folder)) << "not waited for yet: a zombie";
    ::waitpid(child, nullptr, 0);
    EXPECT_FALSE(find_server(files_, folder));
}

}  // namespace
}  // namespace tally::app
