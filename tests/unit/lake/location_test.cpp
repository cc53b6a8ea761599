#include "lake/location.hpp"

#include "sample.hpp"

namespace tally::lake::test {
namespace {

TEST(Location, PathsAndBack) {
    EXPECT_EQ(*location_of("/a/b c"), "file:///a/b c");
    EXPECT_EQ(*location_of("/a//b/./"), "file:///a/b");
    for (const std::string_view location : {"file:///a/b", "file:/a/b", "/a/b"})
        EXPECT_EQ(*path_of(location), Path("/a/b"));
}

TEST(Location, WhatReadersWouldMisread) {
    for (const char* path : {"relative", "/a#b", "/a?b", "/100%"})
        EXPECT_EQ(location_of(path).error().code, ErrorCode::kInvalidArgument) << path;
    for (const char* location : {"s3://bucket/a", "https://host/a", "a/b", ""})
        EXPECT_EQ(path_of(location).error().code, ErrorCode::kUnsupported) << location;
}

TEST(Location, FoldersAreDurable) {
    const tally::test::TempFolder folder;
    TrackedDisk disk;
    ASSERT_TRUE(make_durable_folders(disk, folder.path(), folder.path() / "a/b/c").ok());
    EXPECT_TRUE(std::filesystem::is_directory(folder.path() / "a/b/c"));
    EXPECT_TRUE(disk.at_risk().empty());
    EXPECT_TRUE(make_durable_folders(disk, folder.path(), folder.path()).ok());
}

TEST(Location, RemovingWhatIsNotThereIsNoHarm) {
    const tally::test::TempFolder folder;
    TrackedDisk disk;
    ASSERT_TRUE(write_new_file(disk, folder.path() / "x", "x").ok());
    std::vector<std::string> locations = {*location_of(folder.path() / "none"), "s3://no",
                                          *location_of(folder.path() / "x")};
    remove_unreferenced(disk, locations);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "x"));
    EXPECT_TRUE(locations.empty());
}

}  // namespace
}  // namespace tally::lake::test
