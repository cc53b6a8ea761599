// A disk that fails or is full, through the C library's own functions: this program is linked with
// --wrap=fdatasync.
#include "capture/segment_sync.hpp"
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

// What the writer's process does for a durable request.
int sync_record(SegmentWriter& writer, const PendingRecord& record) {
    SegmentSync sync = writer.begin_sync(record);
    run_sync(sync);
    const int error = sync.error;
    writer.end_sync(sync, LogWorld::kNow);
    return error;
}

TEST(Durability, AWriterLeavesTheSegmentThatTheServerCouldNotSync) {
    LogWorld world;
    ASSERT_EQ(world.open_writer(), 0);
    append_sample(world.writer, 0);
    PendingRecord open = append_sample(world.writer, 1, true);
    failing = {inode_of(world.folder.path() / world.segment_files().at(0)), 0};
    ASSERT_FALSE(world.log.sync().ok());
    EXPECT_EQ(world.writer.prepare_ahead(LogWorld::kNow), 0);
    ASSERT_EQ(world.segment_files().size(), 2U) << "the timer opens a new one";
    append_sample(world.writer, 2);
    EXPECT_EQ(sync_record(world.writer, open), EIO) << "not even asked";
    complete_sample(world.writer, open, 1);

    CaptureLog later(world.folder.path());
    const Status named = later.sync();
    ASSERT_FALSE(named.ok()) << "the next server process knows it, too";
    EXPECT_EQ(failing.calls, 1) << "and does not sync it again";
    failing = {};
    Positions positions;
    EXPECT_EQ(world.take_all(positions).size(), 3U) << "what it holds is delivered";
    ASSERT_EQ(world.log.remove_taken(positions).value(), 1U) << "it ends where the next one starts";
    EXPECT_TRUE(later.sync().ok());
}

TEST(Durability, AWritersOwnSyncThatFailsEndsTheSegmentForEverybody) {
    for (int round = 0; round < 100; ++round) {
        LogWorld world;
        ASSERT_EQ(world.open_writer(), 0);
        const int before = round % 7;
        for (int n = 0; n < before; ++n)
            append_sample(world.writer, static_cast<std::uint64_t>(n));
        auto next = static_cast<std::uint64_t>(before);
        PendingRecord record = append_sample(world.writer, next, true);
        failing = {inode_of(world.folder.path() / world.segment_files().at(0)), 0};
        ASSERT_EQ(sync_record(world.writer, record), EIO);
        ASSERT_EQ(sync_record(world.writer, record), EIO);
        complete_sample(world.writer, record, next);
        ASSERT_FALSE(world.log.sync().ok());
        ASSERT_EQ(failing.calls, 1) << "one failed call, and none after it, also by the server";
        failing = {};
        PendingRecord again = append_sample(world.writer, ++next, true);
        ASSERT_EQ(sync_record(world.writer, again), 0) << "in a new segment";
        ASSERT_EQ(world.segment_files().size(), 2U);
        complete_sample(world.writer, again, next);
        world.writer.close();
        Positions positions;
        ASSERT_EQ(world.take_all(positions).size(), next + 1);
    }
}

TEST(Durability, ASegmentStaysOpenWhileItIsSynced) {
    LogWorld world(4096);
    ASSERT_EQ(world.open_writer(), 0);
    PendingRecord record = append_sample(world.writer, 0, true);
    SegmentSync sync = world.writer.begin_sync(record);
    complete_sample(world.writer, record, 0);
    for (std::uint64_t n = 1; world.segment_files().size() < 3; ++n)
        append_sample(world.writer, n);
    run_sync(sync);
    EXPECT_EQ(sync.error, 0);
    const CaptureLog log(world.folder.path());
    EXPECT_FALSE(log.scan({})->segments.at(0).finished) << "its seal waits for the sync";
    world.writer.end_sync(sync, LogWorld::kNow);
    EXPECT_TRUE(log.scan({})->segments.at(0).finished);
}

TEST(Durability, WithoutRoomForASuccessorASuspectSegmentTakesNoMoreRecords) {
    LogWorld world(64 * 1024, 64 * 1024);
    ASSERT_EQ(world.open_writer(), 0);
    PendingRecord record = append_sample(world.writer, 0, true);
    failing = {inode_of(world.folder.path() / world.segment_files().at(0)), 0};
    ASSERT_EQ(sync_record(world.writer, record), EIO);
    RecordBuilder builder;
    EXPECT_FALSE(world.writer.begin(500, LogWorld::kNow, builder));
    EXPECT_FALSE(world.writer.has_room());
    EXPECT_FALSE(world.writer.ensure_room(LogWorld::kNow));
    EXPECT_EQ(world.writer.last_errno(), ENOSPC);
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
