#include "edge/plan_table.hpp"

#include "edge/plan_table_reader.hpp"
#include "support/temp_folder.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::edge {
namespace {

using testing::HasSubstr;

PlanEntry plan(std::uint32_t ordinal, std::int64_t rate_milli = 100'000, std::int64_t burst = 50) {
    PlanEntry entry;
    entry.ordinal = ordinal;
    entry.name = fmt::format("plan_{}", ordinal);
    entry.limits.throttle = Throttle{rate_milli, burst};
    entry.limits.quota = Quota{1000, QuotaPeriod::kWeek, 10};
    return entry;
}

class PlanTableTest : public testing::Test {
  protected:
    std::unique_ptr<PlanTable> open() {
        auto table = PlanTable::open_or_create(path_);
        EXPECT_TRUE(table.ok()) << (table.ok() ? "" : table.error().message);
        return table.ok() ? std::move(*table) : nullptr;
    }

    void damage(std::streamoff offset) const {
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(offset);
        const char byte = static_cast<char>(file.get() ^ 0x40);
        file.seekp(offset);
        file.put(byte);
    }

    // Which throttle a request finds, as "METHOD path" of the plan; "" = the plan's own.
    std::string method_of(PlanTableReader& reader, std::string_view method, std::string_view path) {
        const PlanRecord* record = reader.find(1);
        const MethodRecord* found =
            find_method(*record, method.data(), method.size(), path.data(), path.size());
        if (found == nullptr)
            return "";
        const char* text = text_of(*record, found->text_offset);
        return fmt::format("{} {}{}", found->method_size == 0 ? "*" : std::string(text, found->method_size),
                           std::string(text + found->method_size, found->path_size),
                           found->is_prefix != 0 ? "*" : "");
    }

    test::TempFolder folder_;
    const std::string path_ = (folder_.path() / "plans.table").string();
};

TEST_F(PlanTableTest, ANewTableIsEmptyAndAsksToBeFilled) {
    const auto table = open();
    EXPECT_TRUE(table->needs_rebuild());
    ASSERT_TRUE(table->rebuild({}).ok());
    EXPECT_FALSE(table->needs_rebuild());
    EXPECT_FALSE(table->find(1).has_value());
    EXPECT_EQ(std::filesystem::status(path_).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(PlanTableTest, KeepsWhatWasPutInAcrossReopening) {
    PlanEntry full = plan(3);
    full.limits.methods = {
        {"GET", "/a", {1, 1}}, {"*", "/a/*", {1'000'000'000'000, 2}}, {"POST", "*", {7, 9}}};
    PlanEntry bare;
    bare.ordinal = 1'000'000;
    {
        const auto table = open();
        ASSERT_TRUE(table->rebuild(std::vector{full}).ok());
        ASSERT_TRUE(table->upsert(bare).ok());
    }
    const auto table = open();
    EXPECT_FALSE(table->needs_rebuild());
    EXPECT_EQ(table->find(3), full);
    EXPECT_EQ(table->find(1'000'000), bare);
    EXPECT_FALSE(table->find(4).has_value());
    ASSERT_TRUE(table->remove(3).ok());
    ASSERT_TRUE(table->remove(4).ok());
    EXPECT_FALSE(table->find(3).has_value());
}

TEST_F(PlanTableTest, ReadersSeeEveryChangeAtTheNextLookup) {
    const auto table = open();
    ASSERT_TRUE(table->rebuild({}).ok());
    PlanTableReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    EXPECT_EQ(reader.find(1), nullptr);
    EXPECT_EQ(reader.find(4'000'000), nullptr);
    ASSERT_TRUE(table->upsert(plan(1)).ok());
    const PlanRecord* record = reader.find(1);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->bucket.interval_ns, 10'000'000U);
    EXPECT_EQ(record->bucket.tolerance_ns, 500'000'000U);
    EXPECT_EQ(record->quota_limit, 1000);
    EXPECT_EQ(record->quota_offset, 10);
    EXPECT_EQ(record->quota_period, static_cast<std::uint8_t>(QuotaPeriod::kWeek));
    EXPECT_EQ(std::string(text_of(*record, record->name_offset), record->name_size), "plan_1");
    ASSERT_TRUE(table->upsert(plan(1, 3000, 1)).ok());
    EXPECT_EQ(reader.find(1)->bucket.interval_ns, 333'333'333U);
    ASSERT_TRUE(table->remove(1).ok());
    EXPECT_EQ(reader.find(1), nullptr);
}

TEST_F(PlanTableTest, TheMoreExactMethodGoesFirst) {
    PlanEntry entry = plan(1);
    entry.limits.methods = {{"*", "*", {1, 1}},           {"GET", "/v1/*", {1, 1}},
                            {"*", "/v1/items/*", {1, 1}}, {"GET", "*", {1, 1}},
                            {"*", "/v1/*", {1, 1}},       {"*", "/v1/items", {1, 1}},
                            {"GET", "/v1/items", {1, 1}}};
    const auto table = open();
    ASSERT_TRUE(table->rebuild(std::vector{entry}).ok());
    PlanTableReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    EXPECT_EQ(method_of(reader, "GET", "/v1/items"), "GET /v1/items");
    EXPECT_EQ(method_of(reader, "POST", "/v1/items"), "* /v1/items");
    EXPECT_EQ(method_of(reader, "GET", "/v1/items/7"), "* /v1/items/*");
    EXPECT_EQ(method_of(reader, "GET", "/v1/other"), "GET /v1/*");
    EXPECT_EQ(method_of(reader, "GETS", "/v1/other"), "* /v1/*");
    EXPECT_EQ(method_of(reader, "GET", "/v1"), "GET *");
    EXPECT_EQ(method_of(reader, "PUT", "/"), "* *");
    entry.limits.methods.resize(2);
    ASSERT_TRUE(table->upsert(entry).ok());
    EXPECT_EQ(method_of(reader, "PUT", "/v1/a"), "* *");
    entry.limits.methods = {{"GET", "/a", {1, 1}}};
    ASSERT_TRUE(table->upsert(entry).ok());
    EXPECT_EQ(method_of(reader, "GET", "/a/"), "");
    EXPECT_EQ(method_of(reader, "get", "/a"), "");
}

// A request's bucket is found by this number, so it must not wander when other methods come and go.
TEST_F(PlanTableTest, MethodsThatStayKeepTheirBuckets) {
    const auto numbers = [](PlanTableReader& reader) {
        std::map<std::string, int> all;
        const PlanRecord* record = reader.find(1);
        for (int i = 0; i < record->method_count; ++i) {
            const MethodRecord& method = methods_of(*record)[i];
            all[std::string(text_of(*record, method.text_offset) + method.method_size, method.path_size)] =
                method.bucket_number;
        }
        return all;
    };
    const auto table = open();
    PlanEntry entry = plan(1);
    entry.limits.methods = {{"GET", "/b", {1, 1}}, {"GET", "/c", {1, 1}}};
    ASSERT_TRUE(table->rebuild(std::vector{entry}).ok());
    PlanTableReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    const auto before = numbers(reader);
    entry.limits.methods = {{"GET", "/a", {1, 1}}, {"GET", "/c", {2, 2}}};
    ASSERT_TRUE(table->upsert(entry).ok());
    const auto after = numbers(reader);
    EXPECT_EQ(after.at("/c"), before.at("/c"));
    EXPECT_NE(after.at("/a"), before.at("/b")) << "a new method starts with a bucket that nobody used";
    for (int n = 0; n < 18; ++n)
        entry.limits.methods.push_back({"GET", fmt::format("/{}", n), {1, 1}});
    ASSERT_TRUE(table->upsert(entry).ok());
    auto full = numbers(reader);
    EXPECT_EQ(full.at("/c"), before.at("/c"));
    std::set<int> distinct;
    for (const auto& [path, number] : full)
        distinct.insert(number);
    EXPECT_EQ(distinct.size(), 20U);
    EXPECT_EQ(*distinct.rbegin(), 19);
    ASSERT_TRUE(table->rebuild(std::vector{entry}).ok());
    EXPECT_EQ(numbers(reader), full);
}

TEST_F(PlanTableTest, RefusesWhatItCannotHold) {
    const auto refused = [](const PlanEntry& entry) {
        const Status status = check_plan(entry);
        EXPECT_FALSE(status.ok());
        return status.ok() ? "" : status.error().message;
    };
    const auto with_method = [](MethodThrottle method) {
        PlanEntry entry = plan(1);
        entry.limits.methods = {{"GET", "/a", {1, 1}}, std::move(method)};
        return entry;
    };
    EXPECT_THAT(refused(plan(0)), HasSubstr("number 0"));
    EXPECT_THAT(refused(plan(1'000'001)), HasSubstr("1000001"));
    EXPECT_THAT(refused(plan(1, 0)), HasSubstr("rate"));
    EXPECT_THAT(refused(plan(1, 1'000'000'000'001)), HasSubstr("rate"));
    EXPECT_THAT(refused(plan(1, 1, 0)), HasSubstr("burst of 0"));
    EXPECT_THAT(refused(plan(1, 1, 1'000'000'001)), HasSubstr("burst"));
    EXPECT_THAT(refused(plan(1, 1, 1'000'000'000)), HasSubstr("146 years"));
    EXPECT_THAT(refused(with_method({"", "/b", {1, 1}})), HasSubstr("method"));
    EXPECT_THAT(refused(with_method({std::string(33, 'G'), "/b", {1, 1}})), HasSubstr("method"));
    EXPECT_THAT(refused(with_method({"GET", "b", {1, 1}})), HasSubstr("\"b\" must start"));
    EXPECT_THAT(refused(with_method({"GET", "/" + std::string(1024, 'b'), {1, 1}})), HasSubstr("1025 bytes"));
    EXPECT_THAT(refused(with_method({"GET", "/a", {2, 2}})), HasSubstr("two throttles"));
    EXPECT_THAT(refused(with_method({"GET", "/b", {0, 2}})), HasSubstr("rate"));
    PlanEntry entry = plan(1);
    entry.name.assign(256, 'n');
    EXPECT_THAT(refused(entry), HasSubstr("name"));
    entry = plan(1);
    entry.limits.quota->offset = 1001;
    EXPECT_THAT(refused(entry), HasSubstr("offset"));
    entry = plan(1);
    for (int n = 0; n < 21; ++n)
        entry.limits.methods.push_back({"GET", fmt::format("/{}", n), {1, 1}});
    EXPECT_THAT(refused(entry), HasSubstr("21"));
    EXPECT_EQ(open()->upsert(entry).error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(check_plan(plan(1, 1'000'000'000'000, 1'000'000'000)).ok());
}

TEST_F(PlanTableTest, ADamagedFileIsNoticedAndRepairedByRebuild) {
    ASSERT_TRUE(open()->rebuild(std::vector{plan(1)}).ok());
    for (const std::streamoff offset : {0, 8, 12, 16, 24, 32, 40, 48, 52}) {
        damage(offset);
        PlanTableReader reader;
        EXPECT_EQ(reader.open(path_.c_str()), MappedFile::kBadFile) << offset;
        const auto table = open();
        EXPECT_TRUE(table->needs_rebuild()) << offset;
        EXPECT_EQ(table->upsert(plan(2)).error().code, ErrorCode::kCorruption);
        EXPECT_EQ(table->remove(1).error().code, ErrorCode::kCorruption);
        EXPECT_FALSE(table->find(1).has_value());
        ASSERT_TRUE(table->rebuild(std::vector{plan(1)}).ok());
        EXPECT_EQ(reader.open(path_.c_str()), 0) << offset;
    }
    for (const std::uintmax_t size : {20'000U, 4096U, 10U, 0U}) {
        std::filesystem::resize_file(path_, size);
        EXPECT_TRUE(open()->needs_rebuild()) << size;
        PlanTableReader reader;
        EXPECT_EQ(reader.open(path_.c_str()), MappedFile::kBadFile) << size;
    }
}

TEST_F(PlanTableTest, AServerThatDiedWhileReplacingLeavesAUsableTable) {
    ASSERT_TRUE(open()->rebuild(std::vector{plan(1)}).ok());
    damage(offsetof(PlanTableHeader, superseded));
    std::ofstream(path_ + ".new") << "half a table";
    PlanTableReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    EXPECT_NE(reader.find(1), nullptr);
    const auto table = open();
    EXPECT_FALSE(table->needs_rebuild());
    ASSERT_TRUE(table->upsert(plan(5000)).ok());
    EXPECT_NE(reader.find(5000), nullptr);
}

// Rate and burst are changed together, so a reader that saw halves of two changes would know it. Thousands of
// changes make the table replace its file again and again.
TEST_F(PlanTableTest, NeverReadsHalfAChangeWhileTheTableGrows) {
    const auto table = open();
    ASSERT_TRUE(table->rebuild(std::vector{plan(1, 1000, 1)}).ok());
    std::atomic<bool> stop = false;
    std::thread server([&] {
        for (int i = 0; i < 30'000; ++i) {
            const std::int64_t burst = 1 + i % 7;
            PlanEntry entry = plan(1, 1000 * burst, burst * burst);
            entry.limits.methods = {
                {"GET", "/" + std::string(static_cast<std::size_t>(burst), 'a'), {1, burst}}};
            if (!table->upsert(entry).ok() || !table->upsert(plan(static_cast<std::uint32_t>(2 + i))).ok())
                break;
        }
        stop = true;
    });
    PlanTableReader reader;
    ASSERT_EQ(reader.open(path_.c_str()), 0);
    int mixed = 0;
    int lost = 0;
    while (!stop) {
        const PlanRecord* record = reader.find(1);
        if (record == nullptr) {
            ++lost;
            continue;
        }
        const std::int64_t burst = record->rate_milli / 1000;
        const std::uint64_t interval = record->bucket.interval_ns;
        mixed += record->bucket.tolerance_ns != interval * static_cast<std::uint64_t>(burst * burst);
        mixed += record->method_count == 1 && methods_of(*record)->path_size != burst + 1;
    }
    server.join();
    EXPECT_EQ(mixed, 0);
    EXPECT_EQ(lost, 0);
    EXPECT_NE(reader.find(30'001), nullptr);
}

}  // namespace
}  // namespace tally::edge
