#include "base/file_system.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(PosixFileSystem, WritesReadsListsAndRemoves) {
    const test::TempFolder folder;
    PosixFileSystem files;
    ASSERT_TRUE(write_new_file(files, folder.path() / "a", "one").ok());
    EXPECT_EQ(files.read(folder.path() / "a").value(), "one");
    EXPECT_EQ(files.size(folder.path() / "a").value(), 3U);
    EXPECT_EQ(files.list(folder.path()).value(), std::vector<std::string>{"a"});
    ASSERT_TRUE(files.remove(folder.path() / "a").ok());
    EXPECT_FALSE(files.exists(folder.path() / "a").value());
}

TEST(PosixFileSystem, TellsTheKindsOfFailureApart) {
    const test::TempFolder folder;
    PosixFileSystem files;
    EXPECT_EQ(files.read(folder.path() / "none").error().code, ErrorCode::kNotFound);
    ASSERT_TRUE(write_new_file(files, folder.path() / "a", "one").ok());
    EXPECT_EQ(files.create(folder.path() / "a").error().code, ErrorCode::kAlreadyExists);
}

TEST(ReplaceFile, LeavesNoTemporaryAndIgnoresALeftover) {
    const test::TempFolder folder;
    PosixFileSystem files;
    ASSERT_TRUE(write_new_file(files, folder.path() / "a.new", "leftover").ok());
    ASSERT_TRUE(replace_file(files, folder.path() / "a", "one").ok());
    ASSERT_TRUE(replace_file(files, folder.path() / "a", "two").ok());
    EXPECT_EQ(files.read(folder.path() / "a").value(), "two");
    EXPECT_EQ(files.list(folder.path()).value(), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace tally
