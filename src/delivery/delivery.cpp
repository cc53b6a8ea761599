#include "delivery/delivery.hpp"

#include "delivery/batch.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tally::delivery {
namespace {

// A lost race means that somebody else delivered; with one deliverer a folder it is not met at all.
constexpr int kConflictsMax = 10;
// A batch with more refused records than this is taken in smaller steps, so that their errors fit in memory.
constexpr std::size_t kRefusedMax = 1'024;

constexpr Microseconds kPauseMin = std::chrono::seconds(1);
constexpr Microseconds kPauseMax = std::chrono::seconds(60);
constexpr Microseconds kTick = std::chrono::milliseconds(500);

}  // namespace

struct Delivery::Impl {
    const DeliveryOptions options;
    capture::CaptureLog& log;
    const lake::Table& table;
    FileSystem& files;
    const Clock& clock;
    RandomSource& random;

    std::mutex flushing;             // one flush at a time
    std::set<std::string> reported;  // errors of the batch before; guarded by flushing

    std::mutex mutex;
    std::condition_variable wake;
    bool stopping = false;  // guarded by mutex

    // One commit's worth, or nothing when there is nothing.
    struct Progress {
        capture::Positions committed;  // what the table says now
        bool more = false;             // the log holds more
    };

    Result<Progress> deliver_once(FlushResult& result);
    Result<capture::Scan> scan(const DeliveryState& state) const;
    Status quarantine(const Batch& batch, const DeliveryState& state);
    Result<FlushResult> flush();

    [[nodiscard]] std::uint64_t log_bytes() const;
    // Waits; true when it is time to stop.
    bool wait(Microseconds pause);
};

Result<capture::Scan> Delivery::Impl::scan(const DeliveryState& state) const {
    TRY_ASSIGN(auto whole, log.scan(state.positions, {options.batch_records_max}));
    const auto refused = std::count_if(whole.records.begin(), whole.records.end(),
                                       [](const auto& record) { return row_problem(record).has_value(); });
    if (static_cast<std::size_t>(refused) > kRefusedMax) {
        TRY_ASSIGN(whole, log.scan(state.positions, {kRefusedMax}));
    }
    if (options.geography != nullptr)
        options.geography->locate(whole.records);
    return whole;
}

// What is quarantined is safe before the commit moves the positions past it. A damage that holds no record is
// found again by every scan while its segment is in use; it is written once.
Status Delivery::Impl::quarantine(const Batch& batch, const DeliveryState& state) {
    std::vector<ErrorRecord> errors = batch.errors(files);
    std::set<std::string> ids;
    for (const ErrorRecord& error : errors)
        ids.insert(error.id);
    std::erase_if(errors, [this](const ErrorRecord& error) { return reported.contains(error.id); });
    TRY(write_errors(files, options.errors_folder, state.batch_id, errors, clock.now()));
    reported = std::move(ids);
    return {};
}

Result<Delivery::Impl::Progress> Delivery::Impl::deliver_once(FlushResult& result) {
    TRY_ASSIGN(const lake::TableState current, table.state());
    TRY_ASSIGN(DeliveryState state, DeliveryState::read(current));
    TRY_ASSIGN(const auto found, scan(state));
    result.pending = found.pending;
    TRY_ASSIGN(auto kept, log.without_gone_writers(found.next));
    const Batch batch(found, std::move(kept), clock.now());
    TRY(quarantine(batch, state));
    if (found.next == state.positions)
        return Progress{std::move(state.positions), false};
    TRY_ASSIGN(DeliveryStep step, batch.commit(state, table, files, random));
    result.delivered += step.delivered;
    result.quarantined += step.quarantined;
    result.lost += step.lost;
    ++result.commits;
    return Progress{std::move(step.positions), found.more};
}

Result<FlushResult> Delivery::Impl::flush() {
    const std::lock_guard lock(flushing);
    FlushResult result;
    int conflicts = 0;
    for (bool more = true; more;) {
        auto delivered = deliver_once(result);
        if (!delivered.ok() && delivered.error().code == ErrorCode::kConflict && ++conflicts < kConflictsMax)
            continue;  // scan again from what the table says now
        if (!delivered.ok())
            return delivered.error().within("delivering the capture log");
        more = delivered->more;
        // With every commit, because the log's folder is bounded; and when there was nothing to commit,
        // because a crash may have come between an earlier commit and its removals.
        const auto removed = log.remove_taken(options.removable ? options.removable(delivered->committed)
                                                                : std::move(delivered->committed));
        if (!removed.ok())
            return removed.error().within("removing delivered segments");
    }
    return result;
}

std::uint64_t Delivery::Impl::log_bytes() const {
    auto names = files.list(log.folder());
    std::uint64_t bytes = 0;
    if (names.ok())
        for (const std::string& name : *names)
            bytes += files.size(log.folder() / name).value_or(0);
    return bytes;
}

bool Delivery::Impl::wait(Microseconds pause) {
    std::unique_lock lock(mutex);
    return wake.wait_for(lock, pause, [this] { return stopping; });
}

Delivery::Delivery(DeliveryOptions options, capture::CaptureLog& log, const lake::Table& table,
                   FileSystem& files, const Clock& clock, RandomSource& random)
    : impl_(new Impl{std::move(options), log, table, files, clock, random, {}, {}, {}, {}}) {}

Delivery::~Delivery() {
    stop();
}

Result<FlushResult> Delivery::flush() {
    return impl_->flush();
}

void Delivery::run(const std::function<void(const Error&)>& on_error) {
    // Segments are preallocated, so the folder's growth since the last flush tells, to within a segment a
    // writer, how many bytes came in; nothing has to be read for it.
    std::uint64_t bytes_before = 0;
    Microseconds pause = kPauseMin;
    Microseconds last = impl_->clock.monotonic();
    while (!impl_->wait(std::min(kTick, impl_->options.flush_interval))) {
        const bool by_time = impl_->clock.monotonic() - last >= impl_->options.flush_interval;
        const std::uint64_t bytes = impl_->log_bytes();
        const bool by_size = bytes >= bytes_before + impl_->options.flush_size;
        bytes_before = std::min(bytes_before, bytes);
        if (!by_time && !by_size)
            continue;
        const auto flushed = impl_->flush();
        last = impl_->clock.monotonic();
        if (flushed.ok()) {
            bytes_before = impl_->log_bytes();
            pause = kPauseMin;
            continue;
        }
        on_error(flushed.error());
        if (impl_->wait(pause))
            return;
        pause = std::min(pause * 2, kPauseMax);
        last = impl_->clock.monotonic() - impl_->options.flush_interval;  // try again at once
    }
}

void Delivery::stop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wake.notify_all();
}

lake::TableDefinition requests_table_definition() {
    return {"requests", lake::fields_from(kRequestsColumns), "timestamp", {"api_key_id", "timestamp"}};
}

}  // namespace tally::delivery
