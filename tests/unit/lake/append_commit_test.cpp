#include "lake/append_commit.hpp"

#include "lake/location.hpp"
#include "sample.hpp"
#include "support/faulty_file_system.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <thread>

#include <gmock/gmock.h>

namespace tally::lake::test {
namespace {

using tally::test::FaultPlan;
using ::testing::ElementsAre;

// A catalog whose next swaps go as the test says; later ones go well.
class ScriptedPointerStore final : public TablePointerStore {
  public:
    enum class Swap {
        kWell,
        kSpuriousConflict,  // refused, although the pointer is the expected one
        kLostBefore,        // the answer is lost, and the request never arrived
        kLostAfter,         // the answer is lost, and the pointer has moved
        kLate,              // the answer is lost, and the request arrives before the next swap
        kRefused,           // fails for certain
    };

    explicit ScriptedPointerStore(TablePointerStore& inner) : inner_(inner) {}

    void script(std::initializer_list<Swap> swaps) { script_.assign(swaps); }

    // Runs before a swap, once.
    void before_swap(std::function<void()> action) { before_swap_ = std::move(action); }

    // The pointer can be read no more after this many reads.
    void allow_reads(int reads) { reads_left_ = reads; }

    [[nodiscard]] int swaps() const { return swaps_; }

    Result<std::optional<std::string>> current(std::string_view table) override {
        if (reads_left_ == 0)
            return Error{ErrorCode::kUnavailable, "the catalog cannot be reached"};
        if (reads_left_ > 0)
            --reads_left_;
        return inner_.current(table);
    }

    Status swap(std::string_view table, const std::optional<std::string>& expected,
                std::string_view next) override {
        ++swaps_;
        if (const auto action = std::exchange(before_swap_, nullptr))
            action();
        if (const auto late = std::exchange(late_, nullptr))
            late();
        const Swap how = script_.empty() ? Swap::kWell : script_.front();
        if (!script_.empty())
            script_.pop_front();
        const auto inner = [this, table = std::string(table), expected, next = std::string(next)] {
            return inner_.swap(table, expected, next);
        };
        const Error lost{ErrorCode::kUnknownOutcome, "the answer was lost"};
        switch (how) {
            case Swap::kWell: return inner();
            case Swap::kSpuriousConflict: return Error{ErrorCode::kConflict, "busy"};
            case Swap::kLostBefore: return lost;
            case Swap::kLostAfter: static_cast<void>(inner().ok()); return lost;
            case Swap::kLate: late_ = [inner] { static_cast<void>(inner().ok()); }; return lost;
            case Swap::kRefused: return Error{ErrorCode::kUnavailable, "the database is locked"};
        }
        return lost;
    }

    Result<std::vector<std::string>> tables() override { return inner_.tables(); }

  private:
    TablePointerStore& inner_;
    std::deque<Swap> script_;
    std::function<void()> before_swap_;
    std::function<void()> late_;
    int reads_left_ = -1;
    int swaps_ = 0;
};

using Swap = ScriptedPointerStore::Swap;

class AppendCommitTest : public LakeFixture {
  protected:
    AppendCommitTest() { pointers_ = &scripted_; }

    static Append append_of(DataFile file) { return {.files = {std::move(file)}, .summary = {}}; }

    // The ids' prefix of each live file of the current snapshot; every file that any snapshot names is there.
    std::vector<std::string> live(const Table& table) {
        const auto state = table.state();
        EXPECT_TRUE(state.ok()) << state.error().message;
        std::vector<std::string> prefixes;
        for (const SnapshotInfo& snapshot : state->snapshots) {
            const auto files = table.files(*state, snapshot.id);
            EXPECT_TRUE(files.ok()) << files.error().message;
            prefixes.clear();
            for (const DataFile& file : *files) {
                EXPECT_EQ(static_cast<std::int64_t>(*disk_.size(*path_of(file.path))), file.file_size);
                prefixes.push_back(file.lower_bounds.at(1));
            }
        }
        return prefixes;
    }

    Result<SnapshotId> append(const Table& table, const std::string& prefix) {
        return table.append(append_of(write(table, 1, 20'000, prefix)));
    }

    ScriptedPointerStore scripted_{catalog_};
};

TEST_F(AppendCommitTest, EverythingIsDurableBeforeThePointerMoves) {
    const Table table = make_table();
    for (int i = 0; i < 60; ++i) {  // beyond a merge of manifests
        std::set<std::string> at_risk;
        const DataFile file = write(table, 1, 20'000 + i % 3);
        scripted_.before_swap([&] { at_risk = disk_.at_risk(); });
        ASSERT_TRUE(table.append(append_of(file)).ok());
        EXPECT_TRUE(at_risk.empty()) << *at_risk.begin();
    }
}

TEST_F(AppendCommitTest, ALostRaceIsRebased) {
    const Table table = make_table();
    std::vector<std::int64_t> bases;
    scripted_.before_swap([&] { ASSERT_TRUE(append(table, "other").ok()); });
    const auto snapshot = table.append(
        {.files = {write(table, 1, 20'000, "mine")},
         .summary = [&bases](const SnapshotInfo* base) -> Result<std::map<std::string, std::string>> {
             bases.push_back(base == nullptr ? 0 : base->sequence_number);
             return std::map<std::string, std::string>{};
         }});
    ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
    EXPECT_THAT(bases, ElementsAre(0, 1)) << "the summary is asked for again on the new base";
    EXPECT_THAT(live(table), ElementsAre("other0", "mine0"));
    const auto state = table.state();
    EXPECT_EQ(state->current, *snapshot);
    EXPECT_EQ(state->current_snapshot()->sequence_number, 2);
    EXPECT_EQ(state->current_snapshot()->summary.at("total-records"), "2");
    std::size_t lists = 0;
    for (const std::string& name : metadata_names())
        lists += name.starts_with("snap-") ? 1U : 0U;
    EXPECT_EQ(lists, 2U) << "the list of the lost round is removed";
}

TEST_F(AppendCommitTest, ASpuriousConflictIsTriedAgainAsItIs) {
    const Table table = make_table();
    scripted_.script({Swap::kSpuriousConflict});
    const int before = scripted_.swaps();
    ASSERT_TRUE(append(table, "a").ok());
    EXPECT_EQ(scripted_.swaps() - before, 2);
    EXPECT_THAT(live(table), ElementsAre("a0"));
}

TEST_F(AppendCommitTest, ALostAnswerIsLookedUp) {
    const Table table = make_table();
    int expected = 0;
    for (const Swap how : {Swap::kLostBefore, Swap::kLostAfter, Swap::kLate}) {
        scripted_.script({how});
        ASSERT_TRUE(append(table, "a").ok());
        ++expected;
        EXPECT_EQ(live(table).size(), static_cast<std::size_t>(expected)) << "once, not twice and not never";
        EXPECT_EQ(table.state()->snapshots.size(), static_cast<std::size_t>(expected));
    }
}

TEST_F(AppendCommitTest, ALostAnswerIsFoundBelowLaterCommits) {
    const Table table = make_table();
    scripted_.script({Swap::kLostAfter});
    // The look after the lost answer comes when another writer has built on our snapshot.
    const DataFile mine = write(table, 1, 20'000, "mine");
    const DataFile other = write(table, 1, 20'000, "other");
    LakeServices others = services();
    others.pointers = &catalog_;
    const Table other_table = *Table::open(others, "sample");
    scripted_.allow_reads(1);
    EXPECT_EQ(table.append(append_of(mine)).error().code, ErrorCode::kUnknownOutcome);
    scripted_.allow_reads(-1);
    ASSERT_TRUE(other_table.append(append_of(other)).ok());
    EXPECT_THAT(live(table), ElementsAre("mine0", "other0")) << "nothing was removed that is in the table";
}

TEST_F(AppendCommitTest, ALostAnswerThatLostTheRaceIsRebased) {
    const Table table = make_table();
    scripted_.script({Swap::kLostBefore});
    LakeServices others = services();
    others.pointers = &catalog_;
    const Table other_table = *Table::open(others, "sample");
    scripted_.before_swap([&] { ASSERT_TRUE(append(other_table, "other").ok()); });
    ASSERT_TRUE(append(table, "mine").ok());
    EXPECT_THAT(live(table), ElementsAre("other0", "mine0"));
}

TEST_F(AppendCommitTest, WithoutALookTheOutcomeIsUnknownAndNothingIsRemoved) {
    for (const Swap how : {Swap::kLostBefore, Swap::kLostAfter}) {
        const Table table = make_table();
        const std::size_t before = live(table).size();
        const DataFile file = write(table, 1, 20'000);
        scripted_.script({how});
        scripted_.allow_reads(1);
        const auto names = metadata_names().size();
        const auto outcome = table.append(append_of(file));
        scripted_.allow_reads(-1);
        EXPECT_EQ(outcome.error().code, ErrorCode::kUnknownOutcome);
        EXPECT_EQ(metadata_names().size(), names + 3) << "manifest, list and metadata stay";
        EXPECT_EQ(live(table).size(), before + (how == Swap::kLostAfter ? 1U : 0U));
    }
}

TEST_F(AppendCommitTest, AnswersThatAreAlwaysLostEndInUnknown) {
    const Table table = make_table();
    scripted_.script({Swap::kLostBefore, Swap::kLostBefore, Swap::kLostBefore, Swap::kLostBefore,
                      Swap::kLostBefore, Swap::kLostBefore, Swap::kLostBefore});
    EXPECT_EQ(append(table, "a").error().code, ErrorCode::kUnknownOutcome);
}

TEST_F(AppendCommitTest, ARefusalAfterALostAnswerIsUnknown) {
    const Table table = make_table();
    scripted_.script({Swap::kLostBefore, Swap::kRefused});
    EXPECT_EQ(append(table, "a").error().code, ErrorCode::kUnknownOutcome);
}

TEST_F(AppendCommitTest, ACertainRefusalLeavesNoFiles) {
    const Table table = make_table();
    const auto before = metadata_names();
    scripted_.script({Swap::kRefused});
    EXPECT_EQ(append(table, "a").error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(metadata_names(), before);
    EXPECT_TRUE(live(table).empty());
}

TEST_F(AppendCommitTest, CreationSurvivesLostAnswers) {
    for (const Swap how : {Swap::kLostBefore, Swap::kLostAfter, Swap::kLate}) {
        TableDefinition definition = sample_definition();
        definition.name = "t" + std::to_string(static_cast<int>(how));
        scripted_.script({how});
        const auto table = Table::open_or_create(services(), definition);
        ASSERT_TRUE(table.ok()) << table.error().message;
        EXPECT_TRUE(append(*table, "a").ok());
    }
}

TEST_F(AppendCommitTest, ManyWritersLoseNothing) {
    pointers_ = &catalog_;
    const Table table = make_table();
    constexpr int kWriters = 4;
    constexpr int kCommits = 30;
    std::vector<std::thread> writers;
    std::atomic<int> failed{0};
    for (int writer = 0; writer < kWriters; ++writer)
        writers.emplace_back([&, writer] {
            for (int i = 0; i < kCommits; ++i)
                if (!append(table, std::to_string(writer) + "-" + std::to_string(i) + "-").ok())
                    ++failed;
        });
    for (std::thread& writer : writers)
        writer.join();
    EXPECT_EQ(failed, 0);
    const auto state = table.state();
    ASSERT_EQ(state->snapshots.size(), static_cast<std::size_t>(kWriters * kCommits));
    for (std::size_t i = 0; i < state->snapshots.size(); ++i) {
        EXPECT_EQ(state->snapshots[i].sequence_number, static_cast<std::int64_t>(i) + 1);
        if (i > 0) {
            EXPECT_EQ(state->snapshots[i].parent, state->snapshots[i - 1].id);
        }
    }
    const auto files = table.files(*state, *state->current);
    std::set<std::string> distinct;
    for (const DataFile& file : *files)
        distinct.insert(file.lower_bounds.at(1));
    EXPECT_EQ(files->size(), static_cast<std::size_t>(kWriters * kCommits));
    EXPECT_EQ(distinct.size(), files->size());
}

// Appends once with a fault at the Nth operation, then goes on without faults, for N = 1, 2, … until nothing
// fails any more.
class FaultSweepTest : public AppendCommitTest, public ::testing::WithParamInterface<FaultPlan::Kind> {
  protected:
    Status write_and_append(const Table& table, const std::string& prefix) {
        TRY_ASSIGN(auto file, table.write_file(sample_batch(1, 20'000, prefix), 20'000));
        TRY(table.append(append_of(std::move(file))));
        return {};
    }
};

TEST_P(FaultSweepTest, EachStepMayFail) {
    const Table good = make_table();
    std::size_t before = 0;
    for (std::uint64_t at = 1;; ++at) {
        FaultPlan plan(GetParam(), at);
        tally::test::FaultyFileSystem files(plan);
        tally::test::FaultyPointerStore pointers(plan, catalog_);
        LakeServices faulty = services();
        faulty.files = &files;
        faulty.pointers = &pointers;
        const Table table = *Table::open(faulty, "sample");
        const Status done = write_and_append(table, "a");
        const std::size_t after = live(good).size();
        if (done.ok()) {
            EXPECT_EQ(after, before + 1) << "operation " << at;
        } else if (done.error().code != ErrorCode::kUnknownOutcome) {
            EXPECT_EQ(after, before) << "operation " << at << ": " << done.error().message;
        } else {
            EXPECT_LE(after, before + 1) << "operation " << at;
        }
        before = after;
        ASSERT_TRUE(write_and_append(good, "b").ok()) << "the table goes on after operation " << at;
        ++before;
        ASSERT_EQ(live(good).size(), before);
        if (!plan.fired())
            break;
        ASSERT_LT(at, 1'000U);
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, FaultSweepTest,
                         ::testing::Values(FaultPlan::Kind::kFailOnce, FaultPlan::Kind::kKill,
                                           FaultPlan::Kind::kDiskFull));

}  // namespace
}  // namespace tally::lake::test
