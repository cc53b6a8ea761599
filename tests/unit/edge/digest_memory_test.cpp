#include "edge/digest_memory.hpp"

#include <memory>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::edge {
namespace {

constexpr SipKey kSecret{1, 2};

class DigestMemoryTest : public testing::Test {
  protected:
    DigestMemoryTest() {
        memory_->prepare();
        if (!__builtin_cpu_supports("aes"))
            skip_ = true;
    }

    void SetUp() override {
        if (skip_)
            GTEST_SKIP() << "no AES instructions here, so nothing is remembered";
    }

    bool knows(const std::string& key, SipKey secret = kSecret) {
        const KnownKey* known = memory_->find(secret, bytes(key), key.size(), tag_);
        found_ = known != nullptr ? *known : KnownKey{};
        return known != nullptr;
    }

    void learn(const std::string& key, SipKey secret = kSecret) {
        ASSERT_FALSE(knows(key, secret));
        memory_->remember(tag_, {siphash128(secret, key.data(), key.size()), place_});
    }

    static const unsigned char* bytes(const std::string& key) {
        return reinterpret_cast<const unsigned char*>(key.data());
    }

    std::unique_ptr<DigestMemory> memory_ = std::make_unique<DigestMemory>();
    KeyTag tag_ = {};
    KnownKey found_ = {};
    std::uint32_t place_ = 17;
    bool skip_ = false;
};

TEST_F(DigestMemoryTest, RemembersTheDigestOfAKeyOfAnySize) {
    for (std::size_t size = 16; size <= 128; ++size) {
        const std::string key(size, static_cast<char>('a' + size % 26));
        learn(key);
        EXPECT_TRUE(knows(key)) << size;
        EXPECT_EQ(found_.digest, siphash128(kSecret, key.data(), key.size())) << size;
        EXPECT_EQ(found_.place, 17U) << size;
    }
}

TEST_F(DigestMemoryTest, EveryByteOfTheKeyCounts) {
    const std::string key = "tm_live_0123456789abcdef0123456789abcdef";
    learn(key);
    for (std::size_t at = 0; at < key.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string other = key;
            other[at] = static_cast<char>(other[at] ^ (1 << bit));
            ASSERT_FALSE(knows(other)) << at;
        }
    }
    EXPECT_FALSE(knows(key.substr(1)));
    EXPECT_FALSE(knows(key + "f"));
    EXPECT_TRUE(knows(key));
}

TEST_F(DigestMemoryTest, AnotherTablesSecretMakesItForget) {
    const std::string key = "tm_live_0123456789abcdef0123456789abcdef";
    learn(key);
    EXPECT_FALSE(knows(key, SipKey{3, 4}));
    EXPECT_FALSE(knows(key));
}

TEST_F(DigestMemoryTest, ManyKeysPushEachOtherOutAndAreNeverMixedUp) {
    for (int n = 0; n < 50'000; ++n) {
        const std::string key = fmt::format("tm_live_{:032}", n);
        memory_->find(kSecret, bytes(key), key.size(), tag_);
        memory_->remember(tag_, {siphash128(kSecret, key.data(), key.size()), static_cast<std::uint32_t>(n)});
    }
    int remembered = 0;
    for (int n = 0; n < 50'000; ++n) {
        const std::string key = fmt::format("tm_live_{:032}", n);
        if (!knows(key))
            continue;
        ++remembered;
        ASSERT_EQ(found_.digest, siphash128(kSecret, key.data(), key.size())) << n;
        ASSERT_EQ(found_.place, n);
    }
    EXPECT_GT(remembered, 10'000);
}

TEST_F(DigestMemoryTest, AThousandKeysHaveRoomBesideEachOther) {
    for (int n = 0; n < 1000; ++n)
        learn(fmt::format("tm_live_{:032}", n));
    int remembered = 0;
    for (int n = 0; n < 1000; ++n)
        remembered += knows(fmt::format("tm_live_{:032}", n)) ? 1 : 0;
    EXPECT_GE(remembered, 985);  // three in one set are some three
}

TEST_F(DigestMemoryTest, APlaceMayBeChanged) {
    const std::string key = "tm_live_0123456789abcdef0123456789abcdef";
    learn(key);
    memory_->find(kSecret, bytes(key), key.size(), tag_)->place = 18;
    EXPECT_TRUE(knows(key));
    EXPECT_EQ(found_.place, 18U);
}

TEST_F(DigestMemoryTest, ShortAndLongTextsAreNotRemembered) {
    for (const std::size_t size : {0U, 1U, 15U, 129U, 5000U}) {
        const std::string key(size, 'k');
        EXPECT_FALSE(knows(key));
        EXPECT_EQ(tag_.size, 0U);
        memory_->remember(tag_, {Digest128{1, 2}, 3});
        EXPECT_FALSE(knows(key));
    }
}

TEST(UnpreparedDigestMemory, RemembersNothing) {
    const auto memory = std::make_unique<DigestMemory>();
    const std::string key(40, 'k');
    KeyTag tag = {};
    const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
    EXPECT_EQ(memory->find(kSecret, bytes, key.size(), tag), nullptr);
    memory->remember(tag, {Digest128{1, 2}, 3});
    EXPECT_EQ(memory->find(kSecret, bytes, key.size(), tag), nullptr);
}

}  // namespace
}  // namespace tally::edge
