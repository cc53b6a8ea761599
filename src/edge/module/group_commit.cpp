#include "edge/module/group_commit.hpp"

#include "capture/segment_sync.hpp"
#include "edge/module/config.hpp"
#include "edge/module/worker.hpp"

namespace tally::edge {
namespace {

// Segments in one sync. Records that wait lie in the current segment and, around a change, in the one before.
constexpr unsigned kSegmentsMax = 8;

struct GroupCommit {
    ngx_thread_pool_t* threads;
    ngx_thread_task_t task;
    Worker* worker;
    ngx_queue_t waiting;  // for the next sync
    ngx_queue_t syncing;  // in the one that runs
    ngx_queue_t woken;    // about to go on
    capture::SegmentSync syncs[kSegmentsMax];
    unsigned sync_count;
    bool running;
};

GroupCommit* the_group = nullptr;

SyncWaiter& waiter_of(ngx_queue_t* link) {
    static_assert(offsetof(SyncWaiter, link) == 0);
    return *reinterpret_cast<SyncWaiter*>(link);
}

void move_all(ngx_queue_t& from, ngx_queue_t& to) {
    while (!ngx_queue_empty(&from)) {
        ngx_queue_t* const link = ngx_queue_head(&from);
        ngx_queue_remove(link);
        ngx_queue_insert_tail(&to, link);
    }
}

capture::SegmentSync* sync_of(GroupCommit& group, const capture::OpenSegment* segment) {
    for (unsigned i = 0; i < group.sync_count; ++i)
        if (group.syncs[i].segment == segment)
            return &group.syncs[i];
    return nullptr;
}

// Says what a failed sync means, once a sync.
void report_failure(const Worker& here, int error, unsigned waiters) {
    ngx_log_error(
        NGX_LOG_ERR, ngx_cycle->log, error,
        "tallyman: cannot sync a segment in \"%V\"; it gets no more records; %ui requests of durable "
        "routes waited for it and are answered 503, or all the same where \"tallyman_on_full\" is "
        "serve",
        &here.config->capture_folder, static_cast<ngx_uint_t>(waiters));
}

// As many of those that wait as lie in kSegmentsMax segments.
void gather(GroupCommit& group) {
    ngx_queue_t later;
    ngx_queue_init(&later);
    while (!ngx_queue_empty(&group.waiting)) {
        ngx_queue_t* const link = ngx_queue_head(&group.waiting);
        ngx_queue_remove(link);
        const capture::PendingRecord& record = *waiter_of(link).record;
        bool taken = sync_of(group, record.segment) != nullptr;
        if (!taken && group.sync_count < kSegmentsMax) {
            group.syncs[group.sync_count++] = group.worker->writer.begin_sync(record);
            taken = true;
        }
        ngx_queue_insert_tail(taken ? &group.syncing : &later, link);
    }
    move_all(later, group.waiting);
}

// Tells those that waited for the sync how it went; how many they are.
unsigned pass_on(GroupCommit& group, const capture::SegmentSync& sync) {
    unsigned waiters = 0;
    for (ngx_queue_t* link = ngx_queue_head(&group.syncing); link != &group.syncing;
         link = ngx_queue_next(link)) {
        SyncWaiter& waiter = waiter_of(link);
        if (waiter.record->segment != sync.segment)
            continue;
        waiter.error = sync.error;
        ++waiters;
    }
    return waiters;
}

void end_syncs(GroupCommit& group) {
    for (unsigned i = 0; i < group.sync_count; ++i) {
        capture::SegmentSync& sync = group.syncs[i];
        const unsigned waiters = pass_on(group, sync);
        if (sync.error != 0)
            report_failure(*group.worker, sync.error, waiters);
        group.worker->writer.end_sync(sync, static_cast<std::uint64_t>(group.worker->now().wall_us));
    }
    group.sync_count = 0;
}

// On a thread of the pool.
void sync_segments(void* data, ngx_log_t*) {
    auto& group = *static_cast<GroupCommit*>(data);
    for (unsigned i = 0; i < group.sync_count; ++i)
        capture::run_sync(group.syncs[i]);
}

void start_next(GroupCommit& group);

// Back in the event loop. The next sync starts before anybody goes on, so that the disk does not idle.
void finish(GroupCommit& group) {
    end_syncs(group);
    move_all(group.syncing, group.woken);
    group.running = false;
    start_next(group);
    while (!ngx_queue_empty(&group.woken)) {
        SyncWaiter& waiter = waiter_of(ngx_queue_head(&group.woken));
        leave_group(waiter);
        waiter.wake(waiter);
    }
}

void on_synced(ngx_event_t* event) {
    finish(*static_cast<GroupCommit*>(event->data));
}

void start_next(GroupCommit& group) {
    if (group.running || ngx_queue_empty(&group.waiting))
        return;
    gather(group);
    group.running = true;
    group.task.event.complete = 0;
    if (ngx_thread_task_post(group.threads, &group.task) == NGX_OK)
        return;
    // The pool's queue is full: then here, which blocks, and wakes from the loop like any other.
    sync_segments(&group, ngx_cycle->log);
    ngx_post_event(&group.task.event, &ngx_posted_events);
}

}  // namespace

ngx_int_t start_group_commit(ngx_cycle_t* cycle, ngx_thread_pool_t* threads) {
    auto* group = static_cast<GroupCommit*>(ngx_pcalloc(cycle->pool, sizeof(GroupCommit)));
    if (group == nullptr)
        return NGX_ERROR;
    group->threads = threads;
    group->worker = worker();
    ngx_queue_init(&group->waiting);
    ngx_queue_init(&group->syncing);
    ngx_queue_init(&group->woken);
    group->task.ctx = group;
    group->task.handler = sync_segments;
    group->task.event.data = group;
    group->task.event.handler = on_synced;
    group->task.event.log = cycle->log;
    the_group = group;
    return NGX_OK;
}

void join_group(SyncWaiter& waiter) {
    waiter.waiting = true;
    ngx_queue_insert_tail(&the_group->waiting, &waiter.link);
    start_next(*the_group);
}

void leave_group(SyncWaiter& waiter) {
    if (!waiter.waiting)
        return;
    waiter.waiting = false;
    ngx_queue_remove(&waiter.link);
}

int sync_here(const capture::PendingRecord& record, Worker& here) {
    capture::SegmentSync sync = here.writer.begin_sync(record);
    capture::run_sync(sync);
    const int error = sync.error;
    if (error != 0)
        report_failure(here, error, 1);
    here.writer.end_sync(sync, static_cast<std::uint64_t>(here.now().wall_us));
    return error;
}

}  // namespace tally::edge
