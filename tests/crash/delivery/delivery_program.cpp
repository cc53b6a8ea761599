// The processes of kill_delivery_test.py: a writer of requests and a deliverer, each until it is killed or
// gets SIGTERM.
//
//   crash_delivery write FOLDER SEED   captures requests; appends each id to FOLDER/ledger once it is
//   captured crash_delivery deliver FOLDER      delivers without a pause crash_delivery finish FOLDER
//   delivers what is left; prints what the table and its ledger say
#include "base/clock.hpp"
#include "base/file_descriptor.hpp"
#include "base/json_writer.hpp"
#include "base/random.hpp"
#include "delivery/delivery.hpp"
#include "state/state_database.hpp"
#include "support/capture_writer.hpp"

#include <csignal>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace tally {
namespace {

constexpr std::uint64_t kSegmentSize = 64ULL * 1024;
constexpr std::size_t kBatchRecords = 300;

volatile std::sig_atomic_t stopping = 0;

void pause_for(std::chrono::microseconds time) {
    std::this_thread::sleep_for(time);  // pace
}

// The test's own ledger: one id a line, in one write(2) each, which no SIGKILL tears.
class CapturedIds {
  public:
    explicit CapturedIds(const Path& file)
        : file_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {}

    [[nodiscard]] bool add(std::uint64_t writer, std::uint64_t sequence) {
        const std::string line = fmt::format("{:016x}{:016x}\n", writer, sequence);
        return ::write(file_.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
    }

  private:
    FileDescriptor file_;
};

struct RunningRequest {
    test::CapturedRequest request;
    capture::PendingRecord pending;
};

Status write_requests(const Path& folder, std::uint64_t seed) {
    SystemClock clock;
    SystemRandom random;
    std::mt19937_64 choice(seed);
    test::CaptureWriter writer(folder / "capture", random.next_u64(), clock.now(), kSegmentSize);
    CapturedIds ids(folder / "ledger");
    std::deque<RunningRequest> running;
    while (stopping == 0) {
        test::CapturedRequest request;
        request.time = clock.now();
        request.key_id = fmt::format("key_{}", choice() % 20);
        request.uri_stem = fmt::format("/items/{}", choice() % 1000);
        const std::uint64_t sequence = writer.next_sequence();
        bool captured = false;
        if (choice() % 4 == 0) {
            running.push_back({request, {}});
            captured = writer.begin(request, running.back().pending);
        } else {
            captured = writer.write(request);
        }
        if (!captured || !ids.add(writer.writer(), sequence))
            return Error{ErrorCode::kIo, fmt::format("capturing failed, errno {}", writer.error())};
        if (running.size() > choice() % 16) {
            writer.complete(running.front().request, running.front().pending);
            running.pop_front();
        }
        if (choice() % 4 == 0)
            pause_for(std::chrono::microseconds(choice() % 1000));
    }
    for (RunningRequest& one : running)
        writer.complete(one.request, one.pending);
    writer.close();
    return {};
}

// Everything that delivers, on the real disk and the real catalog.
struct Deliverer {
    PosixFileSystem files;
    SystemClock clock;
    SystemRandom random;
    std::unique_ptr<state::StateDatabase> database;
    std::optional<lake::Table> table;
    std::optional<capture::CaptureLog> log;
    std::optional<delivery::Delivery> delivery;

    Status open(const Path& folder) {
        TRY_ASSIGN(database, state::StateDatabase::open(folder / "state.db", clock));
        lake::LakeServices services;
        services.files = &files;
        services.pointers = &database->table_pointers();
        services.clock = &clock;
        services.random = &random;
        services.warehouse = folder / "lake";
        TRY_ASSIGN(table, lake::Table::open_or_create(services, delivery::requests_table_definition()));
        log.emplace(folder / "capture");
        delivery::DeliveryOptions options;
        options.batch_records_max = kBatchRecords;
        options.errors_folder = folder / "errors";
        delivery.emplace(options, *log, *table, files, clock, random);
        return {};
    }
};

Status deliver(const Path& folder) {
    Deliverer deliverer;
    TRY(deliverer.open(folder));
    while (stopping == 0) {
        const auto flushed = deliverer.delivery->flush();
        if (!flushed.ok())
            return flushed.error();
        if (flushed->commits == 0)
            pause_for(std::chrono::milliseconds(1));
    }
    return {};
}

Status finish(const Path& folder) {
    Deliverer deliverer;
    TRY(deliverer.open(folder));
    TRY_ASSIGN(const auto flushed, deliverer.delivery->flush());
    TRY_ASSIGN(const auto state, deliverer.table->state());
    TRY_ASSIGN(const auto entries, delivery::read_ledger(state));
    TRY_ASSIGN(const auto segments, deliverer.files.list(folder / "capture"));
    const auto sums = delivery::sum_by_source(entries);
    const delivery::LedgerEntry ledger = sums.empty() ? delivery::LedgerEntry{} : sums.front();
    JsonWriter json;
    json.begin_object()
        .field("metadata_location", state.metadata_location)
        .field("pending", static_cast<std::int64_t>(flushed.pending))
        .field("segments_left", static_cast<std::int64_t>(segments.size()))
        .field("received", ledger.received)
        .field("delivered", ledger.delivered)
        .field("quarantined", ledger.quarantined)
        .field("lost", ledger.lost)
        .field("snapshots", static_cast<std::int64_t>(state.snapshots.size()))
        .end_object();
    std::puts(json.take().c_str());
    return {};
}

Status run(const std::vector<std::string>& arguments) {
    if (arguments.size() == 3 && arguments[0] == "write")
        return write_requests(arguments[1], std::stoull(arguments[2]));
    if (arguments.size() == 2 && arguments[0] == "deliver")
        return deliver(arguments[1]);
    if (arguments.size() == 2 && arguments[0] == "finish")
        return finish(arguments[1]);
    return Error{ErrorCode::kInvalidArgument,
                 "usage: crash_delivery write FOLDER SEED | deliver FOLDER | finish FOLDER"};
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
    std::signal(SIGTERM, [](int) { tally::stopping = 1; });
    const auto done = tally::run({argv + 1, argv + argc});
    if (!done.ok())
        fmt::print(stderr, "crash_delivery: {}\n", done.error().message);
    return done.ok() ? 0 : 1;
}
