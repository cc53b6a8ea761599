// A disk that fails or is full, through the C library's own functions: this program is linked with
// --wrap=fdatasync.
#include "unit/capture/log_world.hpp"

#include <cerrno>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct FailingDisk {
    ino_t file = 0;  // fdatasync of this file fails; 0 = of none
    int calls = 0;   // for that file
};

FailingDisk failing;

}  // namespace

extern "C" int __real_fdatasync(int fd);  // NOLINT: the linker's name
extern "C" int __wrap_fdatasync(int fd);  // NOLINT: the linker's name

extern "C" int __wrap_fdatasync(int fd) {
    struct stat info {};

    if (::fstat(fd, &info) == 0 && failing.file != 0 && info.st_ino == failing.file) {
        ++failing.calls;
        errno = EIO;
        return -1;
    }
    return __real_fdatasync(fd);
}

namespace tally::capture::test {
namespace {

ino_t inode_of(const Path& file) {
    struct stat info {};

    EXPECT_EQ(::stat(file.c_str(), &info), 0);
    return info.st_ino;
}

TEST(Durability, ASegmentWhoseSyncFailedIsNamedUntilItIsGoneAndNeverSyncedAgain) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    append_sample(world.writer, 0);
    const Path file = world.folder.path() / world.segment_files().at(0);
    failing = {inode_of(file), 0};
    for (int i = 0; i < 3; ++i) {
        const Status synced = world.log.sync();
        ASSERT_FALSE(synced.ok());
        EXPECT_EQ(synced.error().code, ErrorCode::kIo);
        EXPECT_NE(synced.error().message.find(file.filename().string()), std::string::npos);
    }
    EXPECT_EQ(failing.calls, 1)
        << "the kernel reports a lost write once; asking again would look like success";
    failing = {};
    EXPECT_FALSE(world.log.sync().ok()) << "the disk is well again, the lost write is not";
    world.writer.close();
    Positions positions;
    EXPECT_EQ(world.take_all(positions).size(), 1U);
    ASSERT_EQ(world.log.remove_taken(positions).value(), 1U);
    EXPECT_TRUE(world.log.sync().ok());
}

TEST(Durability, OneFailedSegmentDoesNotKeepTheOthersFromTheDisk) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    append_sample(world.writer, 0);
    failing = {inode_of(world.folder.path() / world.segment_files().at(0)), 0};
    ASSERT_FALSE(world.log.sync().ok());
    SegmentWriter other;
    ASSERT_EQ(other.open(world.options, LogWorld::kWriter + 1, LogWorld::kNow), 0);
    EXPECT_FALSE(world.log.sync().ok());
    EXPECT_EQ(failing.calls, 1);
    failing = {};
}

// In a child, because the limit cannot be raised again. SIGXFSZ would kill it.
TEST(Durability, AFileSizeLimitIsAnErrorAndNoSignal) {
    LogWorld world;
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit limit{32 * 1024, 32 * 1024};
        SegmentWriter writer;
        const bool set = ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
        ::_exit(set && writer.open(world.options, 7, LogWorld::kNow) == EFBIG ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_TRUE(std::filesystem::is_empty(world.folder.path()));
}

TEST(Durability, AWriterWithoutItsFolderSaysSo) {
    LogWorld world;
    world.options.folder = "/nonexistent/capture";
    EXPECT_EQ(world.open_writer(), ENOENT);
    RecordBuilder builder;
    EXPECT_FALSE(world.writer.begin(500, LogWorld::kNow, builder));
    EXPECT_FALSE(world.writer.has_room());
}

}  // namespace
}  // namespace tally::capture::test
