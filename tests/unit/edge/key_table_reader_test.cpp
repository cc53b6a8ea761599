#include "edge/key_table_reader.hpp"

#include "edge/key_table.hpp"
#include "support/temp_folder.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace tally::edge {
namespace {

constexpr SipKey kSecret{11, 22};

KeyEntry entry_for(std::string_view key, std::string_view customer = "cus_a") {
    KeyEntry entry;
    entry.digest = siphash128(kSecret, key.data(), key.size());
    entry.key_id = KeyId{"key_of_" + std::string(customer)};
    entry.customer_id = CustomerId{std::string(customer)};
    return entry;
}

class KeyTableReaderTest : public testing::Test {
  protected:
    void SetUp() override {
        auto table = KeyTable::open_or_create(folder_.path() / "keys.table", kSecret);
        ASSERT_TRUE(table.ok());
        table_ = std::move(*table);
        path_ = (folder_.path() / "keys.table").string();
        ASSERT_EQ(reader_.open(path_.c_str()), 0);
    }

    KeyLookup look_up(std::string_view key, std::int64_t now_us = 0) {
        return reader_.find(reader_.digest(key.data(), key.size()), now_us, slot_);
    }

    test::TempFolder folder_;
    std::string path_;
    std::unique_ptr<KeyTable> table_;
    KeyTableReader reader_;
    KeyRecord slot_ = {};
};

TEST_F(KeyTableReaderTest, SeesEveryChangeAtTheNextLookup) {
    EXPECT_EQ(look_up("one"), KeyLookup::kUnknown);
    ASSERT_TRUE(table_->upsert(entry_for("one")).ok());
    EXPECT_EQ(look_up("one"), KeyLookup::kActive);
    EXPECT_EQ(std::string(slot_.customer_id, slot_.customer_id_size), "cus_a");
    ASSERT_TRUE(table_->revoke(entry_for("one").digest).ok());
    EXPECT_EQ(look_up("one"), KeyLookup::kRevoked);
    EXPECT_EQ(std::string(slot_.key_id, slot_.key_id_size), "key_of_cus_a");
    ASSERT_TRUE(table_->rebuild({}).ok());
    EXPECT_EQ(look_up("one"), KeyLookup::kUnknown);
}

TEST_F(KeyTableReaderTest, APlaceIsOnlyAHintAndFollowsTheRecord) {
    ASSERT_TRUE(table_->upsert(entry_for("one", "cus_one")).ok());
    ASSERT_TRUE(table_->upsert(entry_for("two", "cus_two")).ok());
    std::uint32_t place = 0;
    const Digest128 one = entry_for("one").digest;
    EXPECT_EQ(reader_.find(one, 0, slot_, place), KeyLookup::kActive);
    const std::uint32_t first = place;
    EXPECT_NE(first, 0U);
    EXPECT_EQ(reader_.find(one, 0, slot_, place), KeyLookup::kActive);
    EXPECT_EQ(place, first);

    const KeyEntry rebuilt[] = {entry_for("two", "cus_two"), entry_for("one", "cus_one")};
    ASSERT_TRUE(table_->rebuild(rebuilt).ok());
    EXPECT_EQ(reader_.find(one, 0, slot_, place), KeyLookup::kActive);
    EXPECT_EQ(std::string(slot_.customer_id, slot_.customer_id_size), "cus_one");
    EXPECT_NE(place, first);

    for (const std::uint32_t wrong : {1U, first, first + 1, 0x7FFF'FFFFU, 0xFFFF'FFFFU}) {
        place = wrong;
        EXPECT_EQ(reader_.find(one, 0, slot_, place), KeyLookup::kActive) << wrong;
        EXPECT_EQ(std::string(slot_.customer_id, slot_.customer_id_size), "cus_one") << wrong;
    }
    ASSERT_TRUE(table_->revoke(one).ok());
    EXPECT_EQ(reader_.find(one, 0, slot_, place), KeyLookup::kRevoked);
    EXPECT_EQ(reader_.find(entry_for("three").digest, 0, slot_, place), KeyLookup::kUnknown);
}

TEST_F(KeyTableReaderTest, AnExpiredKeyCountsAsRevoked) {
    KeyEntry entry = entry_for("one");
    entry.expires_at = instant_from_us(1000);
    ASSERT_TRUE(table_->upsert(entry).ok());
    EXPECT_EQ(look_up("one", 999), KeyLookup::kActive);
    EXPECT_EQ(look_up("one", 1000), KeyLookup::kRevoked);
}

TEST_F(KeyTableReaderTest, GoesOnWithTheOldTableWhenThePathHasNone) {
    ASSERT_TRUE(table_->upsert(entry_for("one")).ok());
    std::filesystem::remove(path_);
    EXPECT_EQ(reader_.refresh(), ENOENT);
    EXPECT_EQ(look_up("one"), KeyLookup::kActive);
}

TEST_F(KeyTableReaderTest, RefreshFindsATableThatCameLater) {
    const std::string late = (folder_.path() / "late.table").string();
    KeyTableReader reader;
    EXPECT_EQ(reader.open(late.c_str()), ENOENT);
    EXPECT_FALSE(reader.available());
    EXPECT_EQ(reader.find({}, 0, slot_), KeyLookup::kUnavailable);
    ASSERT_TRUE(KeyTable::open_or_create(late, kSecret).ok());
    EXPECT_EQ(reader.refresh(), 0);
    EXPECT_TRUE(reader.available());
    EXPECT_EQ(reader.find({}, 0, slot_), KeyLookup::kUnknown);
}

TEST_F(KeyTableReaderTest, ASlotThatStaysHalfWrittenIsUnavailableAndNotAccepted) {
    ASSERT_TRUE(table_->upsert(entry_for("one")).ok());
    // As a server leaves it that is killed in the middle of an upsert.
    std::FILE* file = std::fopen(path_.c_str(), "r+b");
    ASSERT_NE(file, nullptr);
    const auto at = static_cast<long>(kKeyTableHeaderSize + offsetof(KeyRecord, state));
    ASSERT_EQ(std::fseek(file, at, SEEK_SET), 0);
    const std::uint32_t changing = kKeyChangeStep | kKeyChanging;
    ASSERT_EQ(std::fwrite(&changing, sizeof changing, 1, file), 1U);
    ASSERT_EQ(std::fclose(file), 0);
    EXPECT_EQ(look_up("one"), KeyLookup::kUnavailable);
    ASSERT_TRUE(table_->upsert(entry_for("one")).ok());
    EXPECT_EQ(look_up("one"), KeyLookup::kActive);
}

TEST_F(KeyTableReaderTest, NeverReadsHalfAChange) {
    ASSERT_TRUE(table_->upsert(entry_for("one", "cus_a")).ok());
    std::atomic<bool> stop = false;
    std::thread server([&] {
        for (int i = 0; i < 200'000; ++i)
            if (!table_->upsert(entry_for("one", i % 2 == 0 ? "cus_bbbbbbbbbb" : "cus_a")).ok())
                break;
        stop = true;
    });
    int mixed = 0;
    int unavailable = 0;
    while (!stop) {
        if (look_up("one") != KeyLookup::kActive) {
            ++unavailable;
            continue;
        }
        const std::string customer(slot_.customer_id, slot_.customer_id_size);
        const std::string key(slot_.key_id, slot_.key_id_size);
        mixed += key != "key_of_" + customer || (customer != "cus_a" && customer != "cus_bbbbbbbbbb");
    }
    server.join();
    EXPECT_EQ(mixed, 0);
    EXPECT_EQ(unavailable, 0);
}

}  // namespace
}  // namespace tally::edge
