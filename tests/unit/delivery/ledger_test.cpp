#include "delivery/ledger.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tally::delivery {
namespace {

Instant hour(int number) {
    return Instant{std::chrono::hours{495'120 + number}};
}

LedgerEntry delivered(int at, std::int64_t count, std::string source = "edge") {
    LedgerEntry entry;
    entry.source = std::move(source);
    entry.hour = hour(at);
    entry.received = count;
    entry.delivered = count;
    return entry;
}

LedgerEntry lost(int at, std::int64_t count) {
    LedgerEntry entry;
    entry.source = "edge";
    entry.hour = hour(at);
    entry.received = count;
    entry.lost = count;
    return entry;
}

std::int64_t received(const std::vector<LedgerEntry>& entries) {
    std::int64_t sum = 0;
    for (const LedgerEntry& entry : entries)
        sum += entry.received;
    return sum;
}

// A table whose every snapshot is a delivery commit that adds one entry.
class Commits {
  public:
    void commit(const LedgerEntry& entry) {
        const Ledger before = Ledger::read(newest_first()).value();
        lake::SnapshotInfo snapshot;
        snapshot.id = SnapshotId(static_cast<std::int64_t>(snapshots_.size()) + 1);
        if (!snapshots_.empty())
            snapshot.parent = snapshots_.back().id;
        snapshot.summary = before.summary_with({entry});
        snapshot.summary["tallyman.batch-id"] = std::to_string(snapshot.id.value());
        snapshots_.push_back(std::move(snapshot));
    }

    [[nodiscard]] lake::TableState table() const {
        lake::TableState state;
        state.snapshots = snapshots_;
        if (!snapshots_.empty())
            state.current = snapshots_.back().id;
        return state;
    }

    void expire_all_but(std::size_t newest) {
        snapshots_.erase(snapshots_.begin(), snapshots_.end() - static_cast<std::ptrdiff_t>(newest));
    }

    [[nodiscard]] const std::vector<lake::SnapshotInfo>& snapshots() const { return snapshots_; }

  private:
    [[nodiscard]] std::vector<const lake::SnapshotInfo*> newest_first() const {
        std::vector<const lake::SnapshotInfo*> commits;
        for (auto at = snapshots_.rbegin(); at != snapshots_.rend(); ++at)
            commits.push_back(&*at);
        return commits;
    }

    std::vector<lake::SnapshotInfo> snapshots_;
};

TEST(LedgerJson, IsTheSameForTheSameContent) {
    const std::vector<LedgerEntry> entries = {lost(1, 2), delivered(0, 5), delivered(1, 3),
                                              delivered(0, 1, "events"), delivered(0, 7)};
    const std::string text = R"({"edge":[[495120,12,12],[495121,5,3,0,0,0,0,2]],"events":[[495120,1,1]]})";
    EXPECT_EQ(ledger_to_json(entries), text);
    EXPECT_EQ(ledger_to_json({entries.rbegin(), entries.rend()}), text);
    const auto read = ledger_from_json(text);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(ledger_to_json(*read), text);
    EXPECT_EQ(read->size(), 3U);
    EXPECT_EQ((*read)[1].lost, 2);
    EXPECT_EQ((*read)[1].hour, hour(1));
}

TEST(LedgerJson, NothingIsAnEmptyObject) {
    EXPECT_EQ(ledger_to_json({}), "{}");
    EXPECT_TRUE(ledger_from_json("{}").value().empty());
    EXPECT_EQ(ledger_to_json({delivered(0, 0)}), "{}");
}

TEST(LedgerJson, RefusesWhatDoesNotAddUp) {
    for (const char* text : {R"({"edge":[[495120,12,11]]})", R"({"edge":[["x"]]})", R"({"edge":[[]]})",
                             R"({"edge":[[1,2,2,0,0,0,0,0,0]]})", R"({"edge":5})", R"([])",
                             R"({"edge":[[1.5]]})", R"({"":[[1,1,1]]})"})
        EXPECT_EQ(ledger_from_json(text).error().code, ErrorCode::kCorruption) << text;
    EXPECT_FALSE(ledger_from_json("{").ok());
}

TEST(LedgerHour, IsTheStartOfTheHourBefore1970Too) {
    EXPECT_EQ(ledger_hour(hour(3) + std::chrono::minutes(59)), hour(3));
    EXPECT_EQ(ledger_hour(instant_from_us(-1)), Instant{std::chrono::hours{-1}});
}

TEST(Ledger, SumsOverAllCommits) {
    Commits commits;
    for (int i = 0; i < 5; ++i)
        commits.commit(delivered(i / 2, 10));
    EXPECT_EQ(read_ledger(commits.table()).value(),
              (std::vector<LedgerEntry>{delivered(0, 20), delivered(1, 20), delivered(2, 10)}));
    EXPECT_TRUE(read_ledger(lake::TableState{}).value().empty());
}

TEST(Ledger, EverySoManyCommitsHoldsATotal) {
    Commits commits;
    for (int i = 0; i < 3 * kCommitsPerTotal; ++i)
        commits.commit(delivered(i, 1));
    int totals = 0;
    for (const auto& snapshot : commits.snapshots())
        totals += snapshot.summary.contains(std::string(kLedgerTotalKey)) ? 1 : 0;
    EXPECT_EQ(totals, 3);
    EXPECT_TRUE(commits.snapshots().front().summary.contains(std::string(kLedgerTotalKey)));
}

TEST(Ledger, LosesNothingWhenSnapshotsBeforeTheNewestTotalExpire) {
    Commits commits;
    for (int i = 0; i < kCommitsPerTotal + 10; ++i)
        commits.commit(delivered(i, 1));
    const auto before = read_ledger(commits.table()).value();
    commits.expire_all_but(10);
    EXPECT_EQ(read_ledger(commits.table()).value(), before);
}

TEST(Ledger, KeepsTheSumsWhenEvenTheNewestTotalIsGone) {
    Commits commits;
    for (int i = 0; i < kCommitsPerTotal + 10; ++i)
        commits.commit(i == 3 ? lost(i, 4) : delivered(i, 2));
    const auto before = read_ledger(commits.table()).value();
    commits.expire_all_but(4);
    auto after = read_ledger(commits.table()).value();
    EXPECT_EQ(received(after), received(before));
    ASSERT_EQ(after.size(), 5U);
    EXPECT_EQ(after.front().hour, kHoursNoLongerKept);
    EXPECT_EQ(after.front().lost, 4);
    EXPECT_EQ(after.front().delivered, 2 * (kCommitsPerTotal + 5));
    commits.commit(delivered(500, 1));  // and the next commit holds a total again
    EXPECT_TRUE(commits.snapshots().back().summary.contains(std::string(kLedgerTotalKey)));
    commits.expire_all_but(1);
    EXPECT_EQ(received(read_ledger(commits.table()).value()), received(before) + 1);
}

TEST(Ledger, ATotalStaysSmallAndKeepsTheNewestHours) {
    std::vector<LedgerEntry> years;
    for (int i = 0; i < 24 * 365 * 3; ++i)
        years.push_back(i % 2 == 0 ? delivered(i, 123'456'789) : lost(i, 987'654'321));
    const auto summary = Ledger{}.summary_with(years);
    const std::string& total = summary.at(std::string(kLedgerTotalKey));
    EXPECT_LE(total.size(), kTotalBytesMax);
    const auto read = ledger_from_json(total).value();
    EXPECT_GT(read.size(), 900U);
    EXPECT_EQ(received(read), received(years));
    EXPECT_EQ(read.front().hour, kHoursNoLongerKept);
    EXPECT_EQ(read.back(), years.back());
}

}  // namespace
}  // namespace tally::delivery
