#include "edge/token/jwks_file.hpp"

#include "base/crc32c.hpp"
#include "edge/token/jwks_file_format.hpp"
#include "edge/token/jwks_reader.hpp"
#include "support/temp_folder.hpp"
#include "support/token_maker.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace tally::edge {
namespace {

using test::SigningKey;

constexpr std::string_view kIssuer = "https://issuer.test";
constexpr Instant kNow = instant_from_us(1'700'000'000'000'000);
constexpr Instant kLater = kNow + std::chrono::hours(1);

class JwksFileTest : public testing::Test {
  protected:
    int open() { return reader_.open(path_.c_str(), kIssuer); }

    std::string content() const {
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    void put(const std::string& bytes) const {
        std::filesystem::remove(path_);
        std::ofstream(path_, std::ios::binary) << bytes;
    }

    test::TempFolder folder_;
    const std::string path_ = (folder_.path() / "jwks.table").string();
    const SigningKey& rsa_ = test::key_of<SigningKey::rsa>("one");
    const SigningKey& ec_ = test::key_of<SigningKey::p256>("two");
    JwksFile file_{path_, std::string(kIssuer)};
    JwksReader reader_;
};

TEST_F(JwksFileTest, AWorkerSeesWhatTheServerPublishes) {
    EXPECT_EQ(open(), ENOENT);
    EXPECT_FALSE(reader_.usable(to_us(kNow)));
    ASSERT_TRUE(file_.publish({rsa_.public_key(), ec_.public_key()}, kNow, kLater).ok());
    EXPECT_EQ(reader_.refresh(), 0);
    EXPECT_TRUE(reader_.usable(to_us(kNow)));
    EXPECT_FALSE(reader_.usable(to_us(kLater)));
    EXPECT_EQ(file_.usable_until(), kLater);
    EXPECT_EQ(reader_.epoch(), 1U);
    const std::string signature = rsa_.sign("text");
    const VerificationKey* found = reader_.find(TokenAlgorithm::kRs256, "one");
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(
        found->verify("text", reinterpret_cast<const unsigned char*>(signature.data()), signature.size()));
    EXPECT_NE(reader_.find(TokenAlgorithm::kEs256, "two"), nullptr);
    EXPECT_EQ(reader_.find(TokenAlgorithm::kEs256, "one"), nullptr) << "a key has one algorithm";
    EXPECT_EQ(reader_.find(TokenAlgorithm::kRs256, "onE"), nullptr);
    EXPECT_NE(reader_.find(TokenAlgorithm::kRs256, ""), nullptr) << "the only one needs no name";
}

TEST_F(JwksFileTest, TheSameKeysOnlyGetNewTimes) {
    ASSERT_TRUE(file_.publish({rsa_.public_key()}, kNow, kLater).ok());
    ASSERT_EQ(open(), 0);
    const Instant much_later = kLater + std::chrono::hours(1);
    ASSERT_TRUE(file_.publish({rsa_.public_key()}, kLater, much_later).ok());
    EXPECT_TRUE(reader_.usable(to_us(kLater))) << "at once, without a refresh";
    EXPECT_EQ(reader_.refresh(), 0);
    EXPECT_EQ(reader_.epoch(), 1U);
    ASSERT_TRUE(file_.publish({ec_.public_key()}, kLater, much_later).ok());
    EXPECT_EQ(reader_.refresh(), 0);
    EXPECT_EQ(reader_.epoch(), 2U);
    EXPECT_EQ(reader_.find(TokenAlgorithm::kRs256, "one"), nullptr);
    EXPECT_NE(reader_.find(TokenAlgorithm::kEs256, "two"), nullptr);
    struct stat info = {};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
}

TEST_F(JwksFileTest, ADeletedFileIsWrittenAgain) {
    ASSERT_TRUE(file_.publish({rsa_.public_key()}, kNow, kLater).ok());
    std::filesystem::remove(path_);
    ASSERT_TRUE(file_.publish({rsa_.public_key()}, kNow, kLater).ok());
    EXPECT_EQ(open(), 0);
}

TEST_F(JwksFileTest, UnknownKeysAreReportedToTheServerAndToTheNextOne) {
    ASSERT_TRUE(file_.publish({rsa_.public_key()}, kNow, kLater).ok());
    ASSERT_EQ(open(), 0);
    reader_.report_unknown_kid();
    reader_.report_unknown_kid();
    EXPECT_EQ(file_.unknown_kids(), 2U);
    const JwksFile next(path_, std::string(kIssuer));
    EXPECT_EQ(next.unknown_kids(), 2U);
    EXPECT_EQ(next.usable_until(), kLater);
    ASSERT_TRUE(file_.publish({ec_.public_key()}, kNow, kLater).ok());
    EXPECT_EQ(file_.unknown_kids(), 0U);
    reader_.report_unknown_kid();  // into the file of before
    EXPECT_EQ(file_.unknown_kids(), 0U);
}

TEST_F(JwksFileTest, AnotherIssuersKeysAreNeverUsed) {
    JwksFile other(path_, "https://other.test");
    ASSERT_TRUE(other.publish({rsa_.public_key()}, kNow, kLater).ok());
    EXPECT_EQ(open(), JwksReader::kOtherIssuer);
    EXPECT_FALSE(reader_.usable(to_us(kNow)));
    EXPECT_EQ(JwksFile(path_, std::string(kIssuer)).usable_until(), Instant{});
}

TEST_F(JwksFileTest, KeysOfBeforeStayWhereTheNewFileCannotBeRead) {
    ASSERT_TRUE(file_.publish({rsa_.public_key()}, kNow, kLater).ok());
    ASSERT_EQ(open(), 0);
    put("damaged");
    EXPECT_EQ(reader_.refresh(), JwksReader::kBadFile);
    EXPECT_TRUE(reader_.usable(to_us(kNow)));
    EXPECT_EQ(reader_.epoch(), 1U);
    std::filesystem::remove(path_);
    EXPECT_EQ(reader_.refresh(), ENOENT);
    EXPECT_NE(reader_.find(TokenAlgorithm::kRs256, "one"), nullptr);
}

TEST_F(JwksFileTest, EveryCutAndEveryFlippedBitIsNoticed) {
    ASSERT_TRUE(file_.publish({ec_.public_key()}, kNow, kLater).ok());
    const std::string whole = content();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::string cut = whole.substr(0, size);
        EXPECT_FALSE(is_jwks_file(cut.data(), cut.size())) << size;
    }
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        // The words that change in place carry no checksum.
        if (bit / 8 >= kJwksFileCrcSpan + 4 && bit / 8 < sizeof(JwksFileHeader))
            continue;
        std::string flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(is_jwks_file(flipped.data(), flipped.size())) << bit;
    }
}

TEST_F(JwksFileTest, SizesThatDoNotAddUpAreRefusedThoughTheChecksumsFit) {
    ASSERT_TRUE(file_.publish({ec_.public_key()}, kNow, kLater).ok());
    const std::string whole = content();
    const auto with_key = [&](auto change) {
        std::string bytes = whole;
        auto* header = reinterpret_cast<JwksFileHeader*>(bytes.data());
        auto* key = reinterpret_cast<JwksKeyHeader*>(bytes.data() + sizeof(JwksFileHeader));
        change(*header, *key);
        header->content_crc =
            crc32c(bytes.data() + sizeof(JwksFileHeader), bytes.size() - sizeof(JwksFileHeader));
        header->header_crc = crc32c(header, kJwksFileCrcSpan);
        return is_jwks_file(bytes.data(), bytes.size());
    };
    EXPECT_TRUE(with_key([](auto&, auto&) {}));
    EXPECT_FALSE(with_key([](auto&, auto& key) { key.size += 8; }));
    EXPECT_FALSE(with_key([](auto&, auto& key) { key.size = 0; }));
    EXPECT_FALSE(with_key([](auto&, auto& key) { key.kid_size = 200; }));
    EXPECT_FALSE(with_key([](auto&, auto& key) { key.der_size = 60'000; }));
    EXPECT_FALSE(with_key([](auto& header, auto&) { header.key_count = 2; }));
    EXPECT_FALSE(with_key([](auto& header, auto&) { header.key_count = 0; }));
    EXPECT_FALSE(with_key([](auto& header, auto&) { header.issuer_size = 513; }));
    EXPECT_FALSE(with_key([](auto& header, auto&) { header.version = 2; }));
}

}  // namespace
}  // namespace tally::edge
