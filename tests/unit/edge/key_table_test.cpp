#include "edge/key_table.hpp"

#include "edge/key_table_reader.hpp"
#include "support/temp_folder.hpp"

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally::edge {
namespace {

constexpr SipKey kSecret{0x0123456789abcdef, 0xfedcba9876543210};

std::string key_text(int n) {
    return fmt::format("tm_live_{:030}", n);
}

KeyEntry entry_for(int n) {
    KeyEntry entry;
    const std::string key = key_text(n);
    entry.digest = siphash128(kSecret, key.data(), key.size());
    entry.key_id = KeyId{fmt::format("key_{:016}", n)};
    entry.customer_id = CustomerId{fmt::format("cus_{:016}", n / 10)};
    entry.ordinal = static_cast<std::uint32_t>(n);
    entry.plan = 7;
    entry.credit_account = static_cast<std::uint32_t>(n / 10);
    entry.first_quota_period = 20'000 + n;
    return entry;
}

class KeyTableTest : public testing::Test {
  protected:
    std::unique_ptr<KeyTable> open() {
        auto table = KeyTable::open_or_create(path(), kSecret);
        EXPECT_TRUE(table.ok()) << (table.ok() ? "" : table.error().message);
        return table.ok() ? std::move(*table) : nullptr;
    }

    [[nodiscard]] const Path& path() const { return path_; }

    // Changes one byte of the file in place.
    void damage(std::streamoff offset) const {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(offset);
        const char byte = static_cast<char>(file.get() ^ 0x40);
        file.seekp(offset);
        file.put(byte);
    }

    test::TempFolder folder_;
    const Path path_ = folder_.path() / "keys.table";
};

TEST_F(KeyTableTest, ANewTableIsEmptyPrivateAndAsksToBeFilled) {
    const auto table = open();
    ASSERT_NE(table, nullptr);
    EXPECT_TRUE(table->needs_rebuild());
    EXPECT_EQ(table->size(), 0U);
    struct stat info = {};
    ASSERT_EQ(::stat(path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(KeyTableTest, KeepsWhatWasPutInAcrossReopening) {
    KeyEntry expiring = entry_for(2);
    expiring.expires_at = instant_from_us(1'700'000'000'000'000);
    {
        const auto table = open();
        ASSERT_TRUE(table->upsert(entry_for(1)).ok());
        ASSERT_TRUE(table->upsert(expiring).ok());
        ASSERT_TRUE(table->revoke(entry_for(1).digest).ok());
    }
    const auto table = open();
    EXPECT_FALSE(table->needs_rebuild());
    EXPECT_EQ(table->size(), 2U);
    const auto first = table->find(entry_for(1).digest);
    ASSERT_TRUE(first.has_value());
    EXPECT_TRUE(first->revoked);
    EXPECT_EQ(first->key_id, entry_for(1).key_id);
    EXPECT_EQ(first->customer_id, entry_for(1).customer_id);
    EXPECT_EQ(first->ordinal, 1U);
    EXPECT_EQ(first->plan, 7U);
    EXPECT_EQ(first->credit_account, 0U);
    EXPECT_EQ(first->first_quota_period, 20'001);
    EXPECT_EQ(first->expires_at, std::nullopt);
    EXPECT_EQ(table->find(expiring.digest)->expires_at, expiring.expires_at);
    EXPECT_FALSE(table->find(entry_for(3).digest).has_value());
}

TEST_F(KeyTableTest, UpsertChangesAKnownKeyInPlace) {
    const auto table = open();
    ASSERT_TRUE(table->upsert(entry_for(1)).ok());
    KeyEntry moved = entry_for(1);
    moved.customer_id = CustomerId{"cus_other"};
    ASSERT_TRUE(table->upsert(moved).ok());
    EXPECT_EQ(table->size(), 1U);
    EXPECT_EQ(table->find(moved.digest)->customer_id, moved.customer_id);
    ASSERT_TRUE(table->revoke(moved.digest).ok());
    ASSERT_TRUE(table->upsert(moved).ok());
    EXPECT_FALSE(table->find(moved.digest)->revoked);
}

TEST_F(KeyTableTest, RefusesWhatDoesNotFit) {
    const auto table = open();
    KeyEntry entry = entry_for(1);
    entry.key_id = KeyId{std::string(32, 'k')};
    EXPECT_EQ(table->upsert(entry).error().code, ErrorCode::kInvalidArgument);
    entry = entry_for(1);
    entry.customer_id = CustomerId{std::string(25, 'c')};
    EXPECT_THAT(table->upsert(entry).error().message, testing::HasSubstr("customer id"));
    entry = entry_for(1);
    entry.key_id = KeyId{};
    EXPECT_EQ(table->upsert(entry).error().code, ErrorCode::kInvalidArgument);
    entry = entry_for(1);
    entry.first_quota_period = std::int64_t{1} << 40;
    EXPECT_EQ(table->upsert(entry).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(table->size(), 0U);
    EXPECT_EQ(table->revoke(entry_for(1).digest).error().code, ErrorCode::kNotFound);
}

TEST_F(KeyTableTest, RebuildReplacesEverything) {
    const auto table = open();
    ASSERT_TRUE(table->upsert(entry_for(1)).ok());
    const std::vector<KeyEntry> entries = {entry_for(2), entry_for(3)};
    ASSERT_TRUE(table->rebuild(entries).ok());
    EXPECT_FALSE(table->needs_rebuild());
    EXPECT_EQ(table->size(), 2U);
    EXPECT_FALSE(table->find(entry_for(1).digest).has_value());
    EXPECT_TRUE(table->find(entry_for(3).digest).has_value());
    EXPECT_FALSE(std::filesystem::exists(path().string() + ".new"));
}

TEST_F(KeyTableTest, ADamagedHeaderIsNoticedAndRepairedByRebuild) {
    ASSERT_TRUE(open()->rebuild(std::vector<KeyEntry>{entry_for(1)}).ok());
    for (const std::streamoff offset : {0, 8, 12, 16, 20, 24, 31, 40, 48, 56, 60}) {
        damage(offset);
        KeyTableReader reader;
        EXPECT_EQ(reader.open(path_.c_str()), KeyTableReader::kBadTable) << offset;
        const auto table = open();
        EXPECT_TRUE(table->needs_rebuild()) << offset;
        EXPECT_EQ(table->upsert(entry_for(2)).error().code, ErrorCode::kCorruption);
        EXPECT_EQ(table->revoke(entry_for(1).digest).error().code, ErrorCode::kCorruption);
        EXPECT_EQ(table->size(), 0U);
        ASSERT_TRUE(table->rebuild(std::vector<KeyEntry>{entry_for(1)}).ok());
        EXPECT_EQ(reader.open(path_.c_str()), 0) << offset;
        EXPECT_TRUE(open()->find(entry_for(1).digest).has_value());
    }
}

TEST_F(KeyTableTest, ATornFileIsNoticed) {
    ASSERT_TRUE(open()->rebuild(std::vector<KeyEntry>{entry_for(1)}).ok());
    for (const std::uintmax_t size : {100000U, 65536U, 4096U, 100U, 0U}) {
        std::filesystem::resize_file(path(), size);
        const auto table = open();
        ASSERT_NE(table, nullptr);
        EXPECT_TRUE(table->needs_rebuild()) << size;
        KeyTableReader reader;
        EXPECT_EQ(reader.open(path_.c_str()), KeyTableReader::kBadTable) << size;
    }
    ASSERT_TRUE(open()->rebuild(std::vector<KeyEntry>{entry_for(1)}).ok());
    EXPECT_FALSE(open()->needs_rebuild());
}

TEST_F(KeyTableTest, AnotherSecretNeedsARebuild) {
    ASSERT_TRUE(open()->rebuild(std::vector<KeyEntry>{entry_for(1)}).ok());
    const auto table = KeyTable::open_or_create(path(), SipKey{1, 2});
    ASSERT_TRUE(table.ok());
    EXPECT_TRUE((*table)->needs_rebuild());
}

TEST_F(KeyTableTest, AServerThatDiedWhileGrowingLeavesAUsableTable) {
    ASSERT_TRUE(open()->rebuild(std::vector<KeyEntry>{entry_for(1)}).ok());
    damage(offsetof(KeyTableHeader, superseded));  // raised, and the new file never took the path
    std::ofstream(path().string() + ".new") << "half a table";
    KeyTableReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    KeyRecord slot = {};
    EXPECT_EQ(reader.find(entry_for(1).digest, 0, slot), KeyLookup::kActive);
    const auto table = open();
    EXPECT_FALSE(table->needs_rebuild());
    for (int n = 2; n < 2000; ++n)
        ASSERT_TRUE(table->upsert(entry_for(n)).ok());
    EXPECT_EQ(reader.find(entry_for(1999).digest, 0, slot), KeyLookup::kActive);
}

TEST_F(KeyTableTest, ReportsWhereItCannotWrite) {
    const auto table = KeyTable::open_or_create(folder_.path() / "none" / "keys.table", kSecret);
    ASSERT_FALSE(table.ok());
    EXPECT_THAT(table.error().message, testing::HasSubstr("none/keys.table"));
}

TEST_F(KeyTableTest, AFileOfVersion1AsksToBeRebuilt) {
    std::string old(135'168, '\0');
    old.replace(0, 8, "TALLYKEY");
    old[8] = 1;
    std::ofstream(path(), std::ios::binary) << old;
    KeyTableReader reader;
    EXPECT_EQ(reader.open(path_.c_str()), KeyTableReader::kBadTable);
    const auto table = open();
    EXPECT_TRUE(table->needs_rebuild());
    ASSERT_TRUE(table->rebuild(std::vector<KeyEntry>{entry_for(1)}).ok());
    EXPECT_EQ(reader.refresh(), 0);
    EXPECT_TRUE(open()->find(entry_for(1).digest).has_value());
}

// Dies between the two steps of adding a key: it has a number, and no place in the index.
TEST_F(KeyTableTest, AKeyThatWasHalfAddedIsNone) {
    {
        const auto table = open();
        ASSERT_TRUE(table->upsert(entry_for(1)).ok());
    }
    {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(offsetof(KeyTableHeader, used));
        file.put(2);
    }
    const auto table = open();
    EXPECT_EQ(table->size(), 1U);
    for (int n = 2; n < 5000; ++n)
        ASSERT_TRUE(table->upsert(entry_for(n)).ok());
    EXPECT_EQ(table->size(), 4999U);
    for (int n = 1; n < 5000; ++n)
        ASSERT_TRUE(table->find(entry_for(n).digest).has_value()) << n;
}

// A worker: looks up every published key again and again while the server adds more and the table grows.
// Exits with the number of its findings.
int read_while_growing(const Path& path, const volatile int* published) {
    KeyTableReader reader;
    if (reader.open(path.c_str()) != 0)
        return 100;
    int problems = 0;
    int seen = 0;
    while (seen >= 0 && problems < 50) {
        seen = __atomic_load_n(published, __ATOMIC_ACQUIRE);
        const int last = seen < 0 ? -seen : seen;
        for (int n = last; n > 0 && n > last - 100; --n) {
            const KeyEntry expected = entry_for(n);
            KeyRecord slot = {};
            const KeyLookup found = reader.find(expected.digest, 0, slot);
            problems += found != KeyLookup::kActive;
            problems += expected.key_id.str() != std::string(slot.key_id, slot.key_id_size);
            problems += expected.customer_id.str() != std::string(slot.customer_id, slot.customer_id_size);
        }
    }
    return problems;
}

TEST_F(KeyTableTest, ReadersInOtherProcessesFollowTheGrowthTo100000Keys) {
    constexpr int kKeys = 100'000;
    const auto table = open();
    void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    auto* published = static_cast<int*>(memory);
    std::vector<pid_t> readers;
    for (int i = 0; i < 2; ++i) {
        const pid_t pid = ::fork();
        ASSERT_GE(pid, 0);
        if (pid == 0)
            ::_exit(read_while_growing(path(), published));
        readers.push_back(pid);
    }
    for (int n = 1; n <= kKeys; ++n) {
        ASSERT_TRUE(table->upsert(entry_for(n)).ok());
        __atomic_store_n(published, n == kKeys ? -n : n, __ATOMIC_RELEASE);
    }
    for (const pid_t pid : readers) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    ::munmap(memory, 4096);
    EXPECT_EQ(table->size(), static_cast<std::uint64_t>(kKeys));
    KeyTableReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    for (int n = 1; n <= kKeys; ++n) {
        KeyRecord slot = {};
        ASSERT_EQ(reader.find(entry_for(n).digest, 0, slot), KeyLookup::kActive) << n;
    }
}

KeyEntry small_entry_for(int n) {
    KeyEntry entry;
    entry.digest = siphash128(kSecret, &n, sizeof n);
    entry.key_id = KeyId{"key_same"};
    return entry;
}

using Seconds = std::chrono::duration<double>;

// Keys one at a time: none waits long, whatever grows, and each is accepted when its call returns.
TEST_F(KeyTableTest, AMillionKeysComeOneByOne) {
    constexpr int kKeys = 1'000'000;
    const auto table = open();
    KeyTableReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    Seconds longest{0};
    for (int n = 0; n < kKeys; ++n) {
        const auto start = std::chrono::steady_clock::now();
        ASSERT_TRUE(table->upsert(small_entry_for(n)).ok());
        KeyRecord record = {};
        ASSERT_EQ(reader.find(small_entry_for(n).digest, 0, record), KeyLookup::kActive) << n;
        longest = std::max(longest, Seconds(std::chrono::steady_clock::now() - start));
    }
    const auto size = std::filesystem::file_size(path());
    RecordProperty("bytes_a_key", fmt::format("{:.1f}", static_cast<double>(size) / kKeys));
    RecordProperty("longest_seconds", fmt::format("{:.4f}", longest.count()));
    fmt::print("1,000,000 keys one by one: {:.1f} bytes a key, the slowest was accepted after {:.1f} ms\n",
               static_cast<double>(size) / kKeys, longest.count() * 1000);
    EXPECT_LE(size, 128ULL * kKeys);
    EXPECT_LT(longest.count(), 1.0);
    EXPECT_EQ(table->size(), static_cast<std::uint64_t>(kKeys));
}

TEST_F(KeyTableTest, AMillionKeysAreBuiltAtOnce) {
    constexpr int kKeys = 1'000'000;
    std::vector<KeyEntry> entries;
    entries.reserve(kKeys);
    for (int n = 0; n < kKeys; ++n)
        entries.push_back(small_entry_for(n));
    const auto table = open();
    ASSERT_TRUE(table->rebuild(entries).ok());
    EXPECT_EQ(table->size(), static_cast<std::uint64_t>(kKeys));
    EXPECT_LE(std::filesystem::file_size(path()), 128ULL * kKeys);
    KeyTableReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    KeyRecord record = {};
    for (int n = 0; n < kKeys; n += 997)
        ASSERT_EQ(reader.find(small_entry_for(n).digest, 0, record), KeyLookup::kActive) << n;
    EXPECT_EQ(reader.find(entry_for(1).digest, 0, record), KeyLookup::kUnknown);
}

}  // namespace
}  // namespace tally::edge
