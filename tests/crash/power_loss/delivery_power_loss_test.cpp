// Delivery under power loss: the capture log, the lake's files and the error output on a disk that keeps only
// what was synced, and of the rest what it likes. The catalog's pointer is SQLite's, which syncs each commit
// itself (synchronous=FULL): here it is durable when the swap returns.
#include "delivery/delivery.hpp"
#include "power.hpp"
#include "seeds.hpp"
#include "support/capture_writer.hpp"
#include "support/memory_pointer_store.hpp"
#include "unit/delivery/delivered_rows.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::test {
namespace {

using Ids = std::set<std::string>;

constexpr Instant kNow =
    Instant{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}} + std::chrono::hours(12);
constexpr std::size_t kBatch = 40;

// What the outside knows. The pointers are what the catalog has durably.
struct Books {
    Ids written;
    Ids safe;       // a sync of the log that covers them has returned
    Ids delivered;  // a flush that covers them has returned
    std::uint64_t refused = 0;
    std::map<std::string, std::string> pointers;
};

// Random numbers that a seed repeats.
class SeededRandom final : public RandomSource {
  public:
    explicit SeededRandom(std::uint64_t seed) : numbers_(seed) {}

    void fill(std::span<std::byte> out) override {
        for (std::byte& byte : out)
            byte = static_cast<std::byte>(numbers_());
    }

  private:
    std::mt19937_64 numbers_;
};

// One machine between two losses of power.
class Life {
  public:
    Life(const Path& root, Books books, std::uint64_t seed)
        : root_(root), books_(std::move(books)), dice_(seed), random_(seed ^ 0x5EED), clock_(kNow) {
        for (const auto& [table, location] : books_.pointers)
            static_cast<void>(pointers_.swap(table, std::nullopt, location));
    }

    void start() {
        lake::LakeServices services;
        services.files = &files_;
        services.pointers = &pointers_;
        services.clock = &clock_;
        services.random = &random_;
        services.warehouse = root_ / "lake";
        auto table = lake::Table::open_or_create(services, delivery::requests_table_definition());
        ASSERT_TRUE(table.ok()) << table.error().message;
        table_ = std::make_unique<lake::Table>(std::move(*table));
        log_ = std::make_unique<capture::CaptureLog>(root_ / "capture");
        delivery::DeliveryOptions options;
        options.batch_records_max = kBatch;
        options.errors_folder = root_ / "errors";
        delivery_ = std::make_unique<delivery::Delivery>(options, *log_, *table_, files_, clock_, random_);
        writer_ = std::make_unique<CaptureWriter>(root_ / "capture", random_.next_u64(), kNow, 64 * 1024);
        ASSERT_EQ(writer_->error(), 0);
    }

    void live(unsigned steps) {
        for (unsigned i = 0; i < steps && !power().lost(); ++i) {
            const auto dice = dice_() % 10;
            if (dice < 4)
                write();
            else if (dice < 6)
                sync();
            else if (dice < 9)
                flush();
            else
                power().write_back();
            power().operation();
        }
    }

    void flush() {
        const Ids before = complete_;
        const auto flushed = delivery_->flush();
        if (power().lost())
            return;
        ASSERT_TRUE(flushed.ok()) << flushed.error().message;
        books_.delivered.insert(before.begin(), before.end());
    }

    // Everything that is left goes through, and the table says what the books say.
    void finish() {
        flush();
        const auto ids = delivered_record_ids(*table_);
        ASSERT_TRUE(ids.ok()) << ids.error().message;
        const Ids found(ids->begin(), ids->end());
        EXPECT_EQ(found.size(), ids->size()) << "a record stands twice";
        EXPECT_TRUE(std::includes(found.begin(), found.end(), books_.safe.begin(), books_.safe.end()))
            << "a synced record is lost";
        EXPECT_TRUE(
            std::includes(found.begin(), found.end(), books_.delivered.begin(), books_.delivered.end()))
            << "a delivered record is gone";
        EXPECT_TRUE(std::includes(books_.written.begin(), books_.written.end(), found.begin(), found.end()))
            << "a record that was never written";
        const auto state = table_->state();
        ASSERT_TRUE(state.ok());
        const auto entries = delivery::read_ledger(*state);
        ASSERT_TRUE(entries.ok()) << entries.error().message;
        const auto sums = delivery::sum_by_source(*entries);
        const delivery::LedgerEntry sum = sums.empty() ? delivery::LedgerEntry{} : sums.front();
        EXPECT_TRUE(sum.balanced());
        EXPECT_EQ(static_cast<std::size_t>(sum.delivered), ids->size());
        EXPECT_LE(static_cast<std::uint64_t>(sum.received), books_.written.size() + books_.refused);
        const auto errors = delivery::list_errors(files_, root_ / "errors", 100'000);
        ASSERT_TRUE(errors.ok()) << errors.error().message;
        std::uint64_t listed = 0;
        for (const auto& error : *errors)
            listed += error.records;
        EXPECT_GE(listed, static_cast<std::uint64_t>(sum.quarantined))
            << "quarantined and nowhere to be read";
    }

    [[nodiscard]] Books books() {
        Books now = books_;
        const auto tables = pointers_.tables();
        for (const std::string& table : *tables)
            now.pointers[table] = pointers_.current(table)->value();
        return now;
    }

  private:
    void write() {
        for (auto count = 1 + dice_() % 25; count > 0; --count) {
            CapturedRequest request;
            request.time = kNow + std::chrono::hours(dice_() % 24);
            const std::string id = fmt::format("{:016x}{:016x}", writer_->writer(), writer_->next_sequence());
            if (dice_() % 60 == 0) {
                request.time = Instant{};  // cannot become a row
                books_.refused += writer_->write(request) ? 1U : 0U;
            } else if (writer_->write(request)) {
                books_.written.insert(id);
                complete_.insert(id);
            }
        }
    }

    void sync() {
        const Ids before = complete_;
        if (log_->sync().ok() && !power().lost())
            books_.safe.insert(before.begin(), before.end());
    }

    Path root_;
    Books books_;
    std::mt19937_64 dice_;
    SeededRandom random_;
    ManualClock clock_;
    PosixFileSystem files_;
    MemoryPointerStore pointers_;
    std::unique_ptr<lake::Table> table_;
    std::unique_ptr<capture::CaptureLog> log_;
    std::unique_ptr<delivery::Delivery> delivery_;
    std::unique_ptr<CaptureWriter> writer_;
    Ids complete_;  // written in this life
};

// The start, too, may be when the power goes: recovery is part of a life.
void run_seed(std::uint64_t seed) {
    const ScratchFolder scratch;
    std::mt19937_64 random(seed);
    const Path root = scratch.path() / "root";
    const Path image = scratch.path() / "image";
    for (const char* folder : {"capture", "lake"})
        std::filesystem::create_directories(root / folder);
    Books books;
    const auto lives = 2 + random() % 2;
    for (std::uint64_t life = 0; life < lives; ++life) {
        Books after;
        {
            Life now(root, books, seed * 8 + life);
            power().watch(root, random(), 1 + random() % 70, 0, image, [&] { after = now.books(); });
            now.start();
            if (!testing::Test::HasFatalFailure())
                now.live(12);
            power().lose_now();
            power().stop();
        }
        if (testing::Test::HasFailure())
            return;
        books = after;
        std::filesystem::remove_all(root);
        std::filesystem::rename(image, root);
    }
    Life last(root, books, seed * 8 + lives);
    last.start();
    if (!testing::Test::HasFatalFailure())
        last.finish();
}

TEST(DeliveryPowerLoss, DeliversWhatWasSyncedOnce) {
    for_each_seed(40, run_seed);
}

}  // namespace
}  // namespace tally::test
