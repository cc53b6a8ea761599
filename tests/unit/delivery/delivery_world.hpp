#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/time_text.hpp"
#include "delivered_rows.hpp"
#include "delivery/delivery.hpp"
#include "support/capture_writer.hpp"
#include "support/faulty_file_system.hpp"
#include "support/memory_pointer_store.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tally::test {

inline Instant at(std::string_view text) {
    return parse_rfc3339(text).value();
}

// Everything around delivery, real: a capture log and a table on disk, the edge's writer; the catalog in
// memory. Remembers what was captured, as the tests' own ledger.
class DeliveryWorld {
  public:
    DeliveryWorld() {
        std::filesystem::create_directories(log_folder());
        std::filesystem::create_directories(folder_.path() / "lake");
    }

    // A process that delivers: its own view of disk and catalog.
    struct Deliverer {
        std::unique_ptr<lake::Table> table;
        std::unique_ptr<capture::CaptureLog> log;
        std::unique_ptr<delivery::Delivery> delivery;
    };

    Result<Deliverer> start(FileSystem& files, lake::TablePointerStore& catalog,
                            std::size_t batch_records_max = 1000) {
        lake::LakeServices services;
        services.files = &files;
        services.pointers = &catalog;
        services.clock = &clock;
        services.random = &random;
        services.warehouse = folder_.path() / "lake";
        TRY_ASSIGN(auto table, lake::Table::open_or_create(services, delivery::requests_table_definition()));
        Deliverer made;
        made.table = std::make_unique<lake::Table>(std::move(table));
        made.log = std::make_unique<capture::CaptureLog>(log_folder());
        delivery::DeliveryOptions options;
        options.batch_records_max = batch_records_max;
        options.errors_folder = errors_folder();
        made.delivery =
            std::make_unique<delivery::Delivery>(options, *made.log, *made.table, files, clock, random);
        return made;
    }

    Deliverer start(std::size_t batch_records_max = 1000) {
        return std::move(start(disk, pointers, batch_records_max)).value();
    }

    void write(CaptureWriter& writer, int count, Instant from = at("2026-10-01T12:00:00Z")) {
        for (int i = 0; i < count; ++i) {
            CapturedRequest request;
            request.time = from + std::chrono::milliseconds(i);
            request.key_id = fmt::format("key_{}", i % 3);
            captured(writer.writer(), writer.next_sequence());
            ASSERT_TRUE(writer.write(request)) << writer.error();
        }
    }

    void captured(std::uint64_t writer, std::uint64_t sequence) {
        expected_.push_back(fmt::format("{:016x}{:016x}", writer, sequence));
    }

    // Every record that was captured is in the table exactly once, and the ledger says so too. `elsewhere`:
    // records that were quarantined or lost and are not expected as rows.
    void expect_exactly_once(std::int64_t elsewhere = 0) {
        const Deliverer reader = start();
        std::sort(expected_.begin(), expected_.end());
        const auto ids = delivered_record_ids(*reader.table);
        ASSERT_TRUE(ids.ok()) << ids.error().message;
        EXPECT_EQ(ids->size(), expected_.size());
        EXPECT_TRUE(*ids == expected_);
        const delivery::LedgerEntry sum = ledger_sum();
        EXPECT_EQ(sum.delivered, static_cast<std::int64_t>(expected_.size()));
        EXPECT_EQ(sum.received, static_cast<std::int64_t>(expected_.size()) + elsewhere);
        EXPECT_TRUE(sum.balanced());
    }

    delivery::LedgerEntry ledger_sum() {
        const auto ledger = delivery::sum_by_source(ledger_entries());
        return ledger.empty() ? delivery::LedgerEntry{} : ledger.front();
    }

    std::vector<delivery::LedgerEntry> ledger_entries() {
        return delivery::read_ledger(start().table->state().value()).value();
    }

    delivery::DeliveryState state() {
        return delivery::DeliveryState::read(start().table->state().value()).value();
    }

    std::vector<delivery::ErrorRecord> errors() {
        return delivery::list_errors(disk, errors_folder(), 100'000).value();
    }

    [[nodiscard]] Path log_folder() const { return folder_.path() / "capture"; }

    [[nodiscard]] Path errors_folder() const { return folder_.path() / "errors"; }

    [[nodiscard]] std::vector<std::string> segments() { return disk.list(log_folder()).value(); }

    // Parquet files on disk, whether or not a snapshot knows them.
    [[nodiscard]] std::size_t data_files_on_disk() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / "lake"))
            count += entry.path().extension() == ".parquet" ? 1U : 0U;
        return count;
    }

    [[nodiscard]] std::size_t data_files_in_table() {
        const Deliverer reader = start();
        const auto state = reader.table->state().value();
        return state.current.has_value() ? reader.table->files(state, *state.current).value().size() : 0;
    }

    ManualClock clock{at("2026-10-01T12:30:00Z")};
    SystemRandom random;
    FaultPlan no_fault;
    FaultyFileSystem disk{no_fault};
    MemoryPointerStore pointers;

  private:
    TempFolder folder_;
    std::vector<std::string> expected_;
};

}  // namespace tally::test
