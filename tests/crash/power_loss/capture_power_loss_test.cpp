// The capture log under power loss: the edge's own writer and the server's own reader on a disk that keeps
// only what was synced, and of the rest what it likes.
#include "capture/segment_sync.hpp"
#include "power.hpp"
#include "seeds.hpp"
#include "unit/capture/log_world.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::capture::test {
namespace {

using tally::test::power;

constexpr std::uint64_t kSegmentSize = 16 * 1024;
constexpr std::uint64_t kFolderSize = 40 * kSegmentSize;

struct Id {
    std::uint64_t writer;
    std::uint64_t sequence;
    auto operator<=>(const Id&) const = default;
};

struct Written {
    const OpenSegment* segment = nullptr;
    bool completed = false;
    bool safe = false;       // a sync that covers it has returned
    bool safe_done = false;  // and its final values, too
};

// What the outside knows: what was written and promised, and what a lake has durably taken.
struct Books {
    std::map<Id, Written> written;
    std::set<Id> taken;
    Positions positions;
    std::uint64_t counted_lost = 0;  // by gaps and damages
};

// One machine between two losses of power.
class Life {
  public:
    Life(const Path& folder, Books books, std::uint64_t seed)
        : folder_text_(folder.string()),
          log_(folder),
          books_(std::move(books)),
          random_(seed),
          options_{folder_text_.c_str(), kSegmentSize, kFolderSize} {
        for (std::uint64_t i = 0; i < 2; ++i) {
            writers_.push_back(std::make_unique<SegmentWriter>());
            static_cast<void>(writers_.back()->open(options_, seed * 16 + i + 1, LogWorld::kNow));
        }
    }

    void live(unsigned steps) {
        for (unsigned i = 0; i < steps && !power().lost(); ++i) {
            step();
            power().operation();
        }
    }

    // Takes what is there, checks it, and removes it, as delivery does.
    void deliver(std::size_t records_max = 1000) {
        const auto found = log_.scan(books_.positions, {records_max});
        ASSERT_TRUE(found.ok()) << found.error().message;
        if (power().lost())
            return;
        take(*found);
        const auto kept = log_.without_gone_writers(found->next);
        ASSERT_TRUE(kept.ok());
        if (power().lost())
            return;
        for (const RequestRecord& record : found->records)
            books_.taken.insert({record.id.writer, record.id.sequence});
        books_.counted_lost += missing(*found);
        books_.positions = *kept;
        power().operation();
        ASSERT_TRUE(log_.remove_taken(books_.positions).ok());
    }

    // What recovery finds right after the start, before any writer writes.
    void check_recovery() {
        const auto once = log_.scan(books_.positions, {100'000});
        ASSERT_TRUE(once.ok()) << once.error().message;
        const auto twice = log_.scan(books_.positions, {100'000});
        ASSERT_TRUE(twice.ok());
        EXPECT_EQ(once->records.size(), twice->records.size());
        EXPECT_EQ(once->damages.size(), twice->damages.size());
        EXPECT_TRUE(once->next == twice->next);
        take(*once);
        std::map<Id, CaptureState> found;
        for (const RequestRecord& record : once->records)
            found.emplace(Id{record.id.writer, record.id.sequence}, record.state);
        for (const auto& [id, written] : books_.written) {
            if (!written.safe || books_.taken.contains(id))
                continue;
            const auto record = found.find(id);
            ASSERT_NE(record, found.end())
                << "a synced record is not there: " << id.writer << "/" << id.sequence;
            if (written.safe_done) {
                EXPECT_EQ(record->second, CaptureState::kDone) << id.writer << "/" << id.sequence;
            }
        }
        check_damages(*once);
        EXPECT_LE(books_.counted_lost + missing(*once), unsafe_untaken(found))
            << "more is counted as lost than there was";
    }

    [[nodiscard]] const Books& books() const { return books_; }

  private:
    static std::uint64_t missing(const Scan& scan) {
        std::uint64_t count = scan.lost;
        for (const Damage& damage : scan.damages)
            count += damage.records;
        return count;
    }

    std::uint64_t unsafe_untaken(const std::map<Id, CaptureState>& found) const {
        std::uint64_t count = 0;
        for (const auto& [id, written] : books_.written)
            count += !books_.taken.contains(id) && !found.contains(id) ? 1U : 0U;
        return count;
    }

    void take(const Scan& scan) {
        for (const RequestRecord& record : scan.records) {
            const Id id{record.id.writer, record.id.sequence};
            EXPECT_EQ(difference(record, record.id.sequence), "") << id.writer << "/" << id.sequence;
            EXPECT_TRUE(books_.written.contains(id)) << "never written: " << id.writer << "/" << id.sequence;
            EXPECT_FALSE(books_.taken.contains(id)) << "twice: " << id.writer << "/" << id.sequence;
        }
    }

    void check_damages(const Scan& scan) {
        for (const Damage& damage : scan.damages)
            for (std::uint64_t i = 0; i < damage.records; ++i) {
                const auto found = books_.written.find({damage.writer, damage.first_sequence + i});
                EXPECT_FALSE(found != books_.written.end() && found->second.safe &&
                             !books_.taken.contains(found->first))
                    << "a synced record is called damaged: " << damage.reason;
            }
    }

    struct Open {
        SegmentWriter* writer;
        PendingRecord record;
        Id id;
    };

    void step() {
        const auto dice = random_() % 100;
        if (dice < 45)
            append();
        else if (dice < 65)
            complete();
        else if (dice < 72)
            sync_durably();
        else if (dice < 80)
            sync_as_server();
        else if (dice < 85)
            deliver(1 + random_() % 40);
        else if (dice < 92)
            power().write_back();
        else
            static_cast<void>(writers_[random_() % writers_.size()]->prepare_ahead(LogWorld::kNow));
    }

    void append() {
        SegmentWriter& writer = *writers_[random_() % writers_.size()];
        if (!writer.ensure_room(LogWorld::kNow))
            return;
        const Id id{writer.writer(), writer.next_sequence()};
        PendingRecord record = append_sample(writer, id.sequence, true);
        books_.written[id].segment = record.segment;
        open_.push_back({&writer, record, id});
    }

    void complete() {
        if (open_.empty())
            return;
        Open one = open_[random_() % open_.size()];
        std::erase_if(open_, [&](const Open& other) { return other.id == one.id; });
        complete_sample(*one.writer, one.record, one.id.sequence);
        books_.written[one.id].completed = true;
    }

    void mark_safe(const Books& before, const Id& id) {
        if (power().lost())
            return;
        Written& written = books_.written[id];
        written.safe = true;
        written.safe_done = written.safe_done || before.written.at(id).completed;
    }

    // What a durable route promises: this record, and those before it in its segment.
    void sync_durably() {
        if (open_.empty())
            return;
        Open& one = open_[random_() % open_.size()];
        const Books before = books_;
        SegmentSync sync = one.writer->begin_sync(one.record);
        run_sync(sync);
        const bool synced = sync.error == 0;
        one.writer->end_sync(sync, LogWorld::kNow);
        if (!synced)
            return;
        for (Id id = one.id;; --id.sequence) {
            if (before.written.at(id).segment != one.record.segment)
                break;
            mark_safe(before, id);
            if (id.sequence == 0)
                break;
        }
    }

    void sync_as_server() {
        const Books before = books_;
        if (!log_.sync().ok())
            return;
        for (const auto& [id, written] : before.written)
            if (id.writer == writers_[0]->writer() || id.writer == writers_[1]->writer())
                mark_safe(before, id);
    }

    std::string folder_text_;
    CaptureLog log_;
    Books books_;
    std::mt19937_64 random_;
    WriterOptions options_;
    std::vector<std::unique_ptr<SegmentWriter>> writers_;
    std::vector<Open> open_;
};

void run_seed(std::uint64_t seed) {
    const tally::test::ScratchFolder scratch;
    std::mt19937_64 random(seed);
    Path folder = scratch.path() / "0";
    std::filesystem::create_directories(folder);
    Books books;
    const auto lives = 2 + random() % 2;
    for (std::uint64_t life = 0; life < lives; ++life) {
        const Path image = scratch.path() / std::to_string(life + 1);
        const std::uint64_t loss_at = 1 + random() % 130;
        const std::uint64_t eio_at = random() % 8 == 0 ? 1 + random() % 20 : 0;
        Books after;
        {
            Life now(folder, books, seed * 8 + life);
            if (life > 0)
                now.check_recovery();
            if (testing::Test::HasFailure())
                return;
            power().watch(folder, random(), loss_at, eio_at, image, [&] { after = now.books(); });
            now.live(100);
            power().lose_now();
            power().stop();
        }
        books = after;
        folder = image;
    }
    Life last(folder, books, seed * 8 + lives);
    last.check_recovery();
    last.deliver();
    for (const auto& [id, written] : last.books().written)
        EXPECT_TRUE(!written.safe || last.books().taken.contains(id)) << id.writer << "/" << id.sequence;
}

TEST(CapturePowerLoss, KeepsWhatWasSyncedAndTakesNothingWrong) {
    tally::test::for_each_seed(1000, run_seed);
}

}  // namespace
}  // namespace tally::capture::test
