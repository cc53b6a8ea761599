#include "delivery/delivery_state.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tally::delivery {
namespace {

constexpr Instant kNow = Instant{std::chrono::hours{495'120}} + std::chrono::minutes(20);
constexpr Instant kHour = Instant{std::chrono::hours{495'120}};

capture::Positions positions(std::uint64_t writer, std::uint64_t next, std::set<std::uint64_t> skipped = {}) {
    capture::Positions made;
    made.writers[writer] = {next, std::move(skipped)};
    return made;
}

BatchFacts facts_to(capture::Positions next, std::uint64_t delivered) {
    BatchFacts facts;
    facts.kept = next;
    facts.next = std::move(next);
    if (delivered > 0)
        facts.delivered[kHour] = delivered;
    return facts;
}

DeliveryStep step(const DeliveryState& state, const BatchFacts& facts, std::string id = "batch") {
    auto built = DeliveryStep::build(state, facts, std::move(id), kNow);
    EXPECT_TRUE(built.ok()) << (built.ok() ? "" : built.error().message);
    return std::move(built).value();
}

lake::SnapshotInfo snapshot(std::int64_t id, std::optional<std::int64_t> parent,
                            std::map<std::string, std::string> summary = {}) {
    lake::SnapshotInfo made;
    made.id = SnapshotId(id);
    if (parent.has_value())
        made.parent = SnapshotId(*parent);
    made.summary = std::move(summary);
    return made;
}

lake::TableState table(std::vector<lake::SnapshotInfo> snapshots) {
    lake::TableState state;
    state.location = "file:///lake/requests";
    if (!snapshots.empty())
        state.current = snapshots.back().id;
    state.snapshots = std::move(snapshots);
    return state;
}

LedgerEntry entry(std::int64_t received, std::int64_t LedgerEntry::*part, Instant hour = kHour) {
    LedgerEntry made;
    made.source = "edge";
    made.hour = hour;
    made.received = received;
    made.*part = received;
    return made;
}

TEST(DeliveryState, AnEmptyTableIsTheStart) {
    const auto state = DeliveryState::read(table({})).value();
    EXPECT_FALSE(state.snapshot.has_value());
    EXPECT_TRUE(state.batch_id.empty());
    EXPECT_TRUE(state.positions.writers.empty());
}

TEST(DeliveryState, ReadsBackWhatAStepWrote) {
    const DeliveryState start;
    const DeliveryStep made = step(start, facts_to(positions(7, 10, {3}), 9), "batch-1");
    const auto state = DeliveryState::read(table({snapshot(1, std::nullopt, made.summary(start))})).value();
    EXPECT_EQ(state.snapshot, SnapshotId(1));
    EXPECT_EQ(state.batch_id, "batch-1");
    EXPECT_EQ(state.positions, positions(7, 10, {3}));
    EXPECT_EQ(state.ledger.entries, (std::vector{entry(9, &LedgerEntry::delivered)}));
}

TEST(DeliveryState, LooksBehindSnapshotsOfOthers) {
    const DeliveryState start;
    const DeliveryStep made = step(start, facts_to(positions(7, 10), 10));
    const auto state = DeliveryState::read(table({snapshot(1, std::nullopt, made.summary(start)),
                                                  snapshot(2, 1), snapshot(3, 2)}))
                           .value();
    EXPECT_EQ(state.snapshot, SnapshotId(3));
    EXPECT_EQ(state.positions, positions(7, 10));
}

TEST(DeliveryState, ATableThatOnlyOthersWroteToIsTheStart) {
    const auto state = DeliveryState::read(table({snapshot(1, std::nullopt), snapshot(2, 1)})).value();
    EXPECT_TRUE(state.batch_id.empty());
    EXPECT_EQ(state.snapshot, SnapshotId(2));
}

TEST(DeliveryState, RefusesToStartAgainWhenThePositionsExpired) {
    const auto state = DeliveryState::read(table({snapshot(2, 1), snapshot(3, 2)}));
    ASSERT_FALSE(state.ok());
    EXPECT_EQ(state.error().code, ErrorCode::kCorruption);
}

TEST(DeliveryCommits, CountACarriedBatchIdOnce) {
    const DeliveryState start;
    const auto summary = step(start, facts_to(positions(7, 10), 10)).summary(start);
    const auto state = table({snapshot(1, std::nullopt, summary), snapshot(2, 1, summary)});
    ASSERT_EQ(delivery_commits(state).size(), 1U);
    EXPECT_EQ(delivery_commits(state).front()->id, SnapshotId(1));
    EXPECT_EQ(read_ledger(state).value(), (std::vector{entry(10, &LedgerEntry::delivered)}));
}

TEST(DeliveryStep, BooksRowsDamagesAndGaps) {
    const DeliveryState start;
    BatchFacts facts = facts_to(positions(7, 100, {40}), 80);
    facts.refused = 2;
    capture::Damage damage;
    damage.segment = "/log/a.seg";
    damage.writer = 7;
    damage.first_sequence = 10;
    damage.records = 5;
    facts.damages = {damage};
    capture::SegmentState segment;
    segment.path = damage.segment;
    segment.created_us = static_cast<std::uint64_t>(to_us(kHour - std::chrono::hours(3)));
    facts.segments = {segment};
    const DeliveryStep made = step(start, facts);
    EXPECT_EQ(made.delivered, 80U);
    EXPECT_EQ(made.quarantined, 7U);
    EXPECT_EQ(made.lost, 12U);  // 99 sequences taken
    LedgerEntry now = entry(94, &LedgerEntry::delivered);
    now.delivered = 80;
    now.quarantined = 2;
    now.lost = 12;
    EXPECT_EQ(made.added,
              (std::vector{entry(5, &LedgerEntry::quarantined, kHour - std::chrono::hours(3)), now}));
}

TEST(DeliveryStep, BooksADamageOnlyOnce) {
    DeliveryState state;
    state.positions = positions(7, 12);
    BatchFacts facts = facts_to(positions(7, 20), 5);
    capture::Damage damage;
    damage.writer = 7;
    damage.first_sequence = 10;
    damage.records = 5;  // two of them were taken before
    capture::Damage unknown;
    unknown.writer = 8;
    unknown.records = 3;
    facts.damages = {damage, unknown};
    const DeliveryStep made = step(state, facts);
    EXPECT_EQ(made.quarantined, 3U);
    EXPECT_EQ(made.lost, 0U);
}

TEST(DeliveryStep, RefusesMoreRowsThanSequences) {
    const auto made = DeliveryStep::build({}, facts_to(positions(7, 10), 11), "batch", kNow);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code, ErrorCode::kCorruption);
}

TEST(DeliveryStep, RefusesPositionsThatWentBack) {
    DeliveryState state;
    state.positions = positions(7, 10);
    for (const capture::Positions& next : {positions(7, 9), positions(8, 20), positions(7, 10, {4})}) {
        const auto made = DeliveryStep::build(state, facts_to(next, 0), "batch", kNow);
        ASSERT_FALSE(made.ok());
        EXPECT_EQ(made.error().code, ErrorCode::kCorruption);
    }
}

TEST(DeliveryStep, ForgetsAWriterThatIsGoneAndCountsWhatItTookAlong) {
    DeliveryState state;
    state.positions = positions(7, 10, {4, 5});
    BatchFacts facts = facts_to(positions(7, 10, {4, 5}), 0);
    facts.next.writers[8] = {3, {}};
    facts.delivered[kHour] = 3;
    facts.kept = positions(8, 3);
    const DeliveryStep made = step(state, facts);
    EXPECT_EQ(made.positions, positions(8, 3));
    EXPECT_EQ(made.delivered, 3U);
    EXPECT_EQ(made.lost, 2U);
}

TEST(DeliveryStep, AppliesToWhatItWasBuiltFromAndToNothingElse) {
    DeliveryState empty;
    EXPECT_TRUE(DeliveryStep::can_apply(empty, nullptr));
    const lake::SnapshotInfo other = snapshot(5, std::nullopt);
    EXPECT_FALSE(DeliveryStep::can_apply(empty, &other));

    const DeliveryStep first = step(empty, facts_to(positions(7, 10), 10), "batch-1");
    const auto one = snapshot(1, std::nullopt, first.summary(empty));
    const DeliveryState state = DeliveryState::read(table({one})).value();
    EXPECT_TRUE(DeliveryStep::can_apply(state, &one));
    EXPECT_FALSE(DeliveryStep::can_apply(state, nullptr));
    const auto carried = snapshot(2, 1, one.summary);
    EXPECT_TRUE(DeliveryStep::can_apply(state, &carried));
    const auto foreign = snapshot(2, 1);
    EXPECT_FALSE(DeliveryStep::can_apply(state, &foreign));
}

// The reason for batch ids: a writer comes, is delivered, goes and is forgotten, and the positions are what
// they were before. A deliverer that scanned back then must not be let in.
TEST(DeliveryStep, DoesNotTakeEqualPositionsForTheSameCommit) {
    const DeliveryState start;
    const auto one =
        snapshot(1, std::nullopt, step(start, facts_to(positions(7, 1), 1), "batch-1").summary(start));
    const DeliveryState then = DeliveryState::read(table({one})).value();

    BatchFacts with_writer = facts_to(positions(7, 1), 0);
    with_writer.next.writers[8] = {5, {}};
    with_writer.kept = with_writer.next;
    with_writer.delivered[kHour] = 5;
    const auto two = snapshot(2, 1, step(then, with_writer, "batch-2").summary(then));
    const DeliveryState between = DeliveryState::read(table({one, two})).value();
    BatchFacts without_writer = facts_to(between.positions, 0);
    without_writer.next.writers[7].next = 2;
    without_writer.kept = positions(7, 1);
    without_writer.delivered[kHour] = 1;
    auto last = step(between, without_writer, "batch-3");
    last.positions = then.positions;
    const auto three = snapshot(3, 2, last.summary(between));
    EXPECT_EQ(DeliveryState::read(table({one, two, three})).value().positions, then.positions);
    EXPECT_FALSE(DeliveryStep::can_apply(then, &three));
}

TEST(SequencesBetween, CountsWhatWasTakenSince) {
    EXPECT_EQ(sequences_between({}, positions(7, 10, {2})).value(), 9U);
    EXPECT_EQ(sequences_between(positions(7, 10, {2, 3}), positions(7, 12, {3})).value(), 3U);
    EXPECT_EQ(sequences_between(positions(7, 10), positions(7, 10)).value(), 0U);
}

}  // namespace
}  // namespace tally::delivery
