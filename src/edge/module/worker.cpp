#include "edge/module/worker.hpp"

#include "edge/module/config.hpp"
#include "edge/module/group_commit.hpp"
#include "edge/module/token.hpp"

#include <cerrno>
#include <ctime>
#include <new>

#include <sys/random.h>

namespace tally::edge {
namespace {

constexpr ngx_msec_t kTickMs = 100;
constexpr ngx_uint_t kTicksPerSecond = 1000 / kTickMs;

Worker* the_worker = nullptr;

std::int64_t clock_us(clockid_t clock) {
    timespec time = {};
    ::clock_gettime(clock, &time);
    return time.tv_sec * 1'000'000 + static_cast<std::uint32_t>(time.tv_nsec) / 1000;
}

std::uint64_t random_writer_id() {
    std::uint64_t id = 0;
    while (::getrandom(&id, sizeof id, 0) != static_cast<ssize_t>(sizeof id))
        continue;
    return id;
}

const char* on_full_hint() {
    return "requests are rejected with 503 or served uncounted, as \"tallyman_on_full\" says, until there is "
           "room";
}

// Says a change of the writer's health once.
void report_writer(Worker& worker, int error) {
    if (error == worker.writer_error)
        return;
    worker.writer_error = error;
    if (error != 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, error,
                      "tallyman: cannot write a segment in \"%V\" (limit %O bytes): %s",
                      &worker.config->capture_folder, worker.config->capture_size_max, on_full_hint());
    } else {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0, "tallyman: the capture log in \"%V\" has room again",
                      &worker.config->capture_folder);
    }
}

void open_writer(Worker& worker) {
    capture::WriterOptions options;
    options.folder = reinterpret_cast<const char*>(worker.config->capture_folder.data);
    options.segment_size = static_cast<std::uint64_t>(worker.config->segment_size);
    options.folder_size_max = static_cast<std::uint64_t>(worker.config->capture_size_max);
    const auto now_us = static_cast<std::uint64_t>(worker.now().wall_us);
    const int error = worker.writer.open(options, random_writer_id(), now_us);
    worker.writer_open = error == 0;
    report_writer(worker, error);
}

void report_keys(Worker& worker, int error) {
    if (error == worker.keys_error)
        return;
    worker.keys_error = error;
    const char* hint = worker.keys.available() ? "the table read before stays in use"
                                               : "keys are answered 503 until the server has written it";
    if (error == KeyTableReader::kBadTable) {
        ngx_log_error(
            NGX_LOG_ERR, ngx_cycle->log, 0,
            "tallyman: \"%V\" is damaged, of another version or of another start of this machine; %s",
            &worker.config->key_table, hint);
    } else if (error != 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, error, "tallyman: cannot read the key table \"%V\"; %s",
                      &worker.config->key_table, hint);
    } else {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0, "tallyman: the key table \"%V\" is readable again",
                      &worker.config->key_table);
    }
}

void open_counters(Worker& worker) {
    const auto* path = reinterpret_cast<const char*>(worker.config->counters.data);
    if (const int error = worker.counters.open(path); error != 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, error,
                      "tallyman: cannot open the counters \"%V\"; what the capture log cannot take is "
                      "rejected until the next start",
                      &worker.config->counters);
    }
}

void tick(ngx_event_t*) {
    Worker& worker = *the_worker;
    worker.ticker.take();
    worker.follow_wall_clock();
    const bool second = ++worker.ticks % kTicksPerSecond == 0;
    if (worker.writer_open)
        report_writer(worker, worker.writer.prepare_ahead(static_cast<std::uint64_t>(worker.now().wall_us)));
    else if (second)
        open_writer(worker);
    if (second) {
        report_keys(worker, worker.keys.refresh());
        refresh_tokens(worker);
        worker.limit_tables.refresh(*worker.config);
    }
}

// Without it the worker would not learn of new keys: then it must not serve.
ngx_int_t start_ticker(Worker& worker) {
    const int error = worker.ticker.start(kTickMs, tick, ngx_cycle->log);
    if (error == 0)
        return NGX_OK;
    ngx_log_error(
        NGX_LOG_EMERG, ngx_cycle->log, error,
        "tallyman: cannot make a timer; \"worker_connections\" or the limit of open files may be too low");
    return NGX_ERROR;
}

}  // namespace

Moment Worker::now() const {
    const std::int64_t monotonic = clock_us(CLOCK_MONOTONIC);
    return {monotonic + wall_offset_us, monotonic};
}

void Worker::follow_wall_clock() {
    wall_offset_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
}

bool Worker::ensure_room(std::int64_t wall_us) {
    if (!writer_open)
        return false;
    const bool room = writer.ensure_room(static_cast<std::uint64_t>(wall_us));
    if (!room)
        report_writer(*this, writer.last_errno());
    return room;
}

void Worker::count(Uncaptured kind, std::int64_t wall_us) {
    if (counters.available())
        counters.add(kind, wall_us);
}

Worker* worker() {
    return the_worker;
}

ngx_int_t start_worker(ngx_cycle_t* cycle) {
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
        return NGX_OK;
    const MainConfig* config = main_config(cycle);
    if (config == nullptr || !config->used)
        return NGX_OK;
    void* memory = ngx_pcalloc(cycle->pool, sizeof(Worker));
    if (memory == nullptr)
        return NGX_ERROR;
    the_worker = new (memory) Worker;
    the_worker->config = config;
    the_worker->follow_wall_clock();
    the_worker->digests.prepare();
    open_counters(*the_worker);
    const auto* key_table = reinterpret_cast<const char*>(config->key_table.data);
    report_keys(*the_worker, the_worker->keys.open(key_table));
    open_tokens(*the_worker);
    the_worker->limit_tables.open(*config);
    open_writer(*the_worker);
    if (start_ticker(*the_worker) != NGX_OK)
        return NGX_ERROR;
    return config->sync_threads == nullptr ? NGX_OK : start_group_commit(cycle, config->sync_threads);
}

void stop_worker(ngx_cycle_t*) {
    if (the_worker == nullptr)
        return;
    the_worker->ticker.stop();
    the_worker->~Worker();
    the_worker = nullptr;
}

}  // namespace tally::edge
