#include "accounts/key_secret.hpp"

#include "support/temp_folder.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace tally::accounts {
namespace {

TEST(KeySecret, ComesBackTheSameFromItsFile) {
    const test::TempFolder folder;
    const Path path = folder.path() / "key.secret";
    SeededRandom random(1);
    ASSERT_TRUE(KeySecret::create_file(path, random).ok());

    struct stat info {};

    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);

    const Result<KeySecret> loaded = KeySecret::load(path);
    ASSERT_TRUE(loaded.ok());
    SeededRandom same(1);
    const KeySecret made = KeySecret::generate(same);
    EXPECT_EQ(loaded->hmac("key"), made.hmac("key"));
    EXPECT_EQ(loaded->digest("key"), made.digest("key"));
    EXPECT_NE(loaded->hmac("key"), loaded->hmac("kez"));
    EXPECT_EQ(loaded->hmac("key").size(), 64U);
}

TEST(KeySecret, IsNeverOverwritten) {
    const test::TempFolder folder;
    const Path path = folder.path() / "key.secret";
    SystemRandom random;
    ASSERT_TRUE(KeySecret::create_file(path, random).ok());
    const Status again = KeySecret::create_file(path, random);
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, ErrorCode::kAlreadyExists);
}

TEST(KeySecret, RefusesAFileThatOthersMayRead) {
    const test::TempFolder folder;
    const Path path = folder.path() / "key.secret";
    SystemRandom random;
    ASSERT_TRUE(KeySecret::create_file(path, random).ok());
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    const Result<KeySecret> loaded = KeySecret::load(path);
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, ErrorCode::kForbidden);
    EXPECT_NE(loaded.error().message.find("chmod 600"), std::string::npos);
}

TEST(KeySecret, RefusesADamagedFileWithoutShowingIt) {
    const test::TempFolder folder;
    const Path path = folder.path() / "key.secret";
    SystemRandom random;
    ASSERT_TRUE(KeySecret::create_file(path, random).ok());
    std::ifstream in(path);
    const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::filesystem::resize_file(path, size);
        const Result<KeySecret> loaded = KeySecret::load(path);
        ASSERT_FALSE(loaded.ok()) << size;
        EXPECT_EQ(loaded.error().message.find(whole.substr(30, 20)), std::string::npos);
        std::ofstream(path, std::ios::trunc) << whole;
    }
    EXPECT_TRUE(KeySecret::load(path).ok());
    EXPECT_EQ(KeySecret::load(folder.path() / "none").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tally::accounts
