#pragma once

#include "capture/segment_writer.hpp"
#include "edge/module/ngx.hpp"

namespace tally::edge {

struct Worker;

// A request that waits until its record is on disk. Lives in the request's pool; leave_group() before that
// goes.
struct SyncWaiter {
    ngx_queue_t link = {};
    const capture::PendingRecord* record = nullptr;
    void (*wake)(SyncWaiter& waiter) = nullptr;  // called from the event loop, once
    int error = 0;                               // errno, known when woken; 0 = the record is safe
    bool waiting = false;
};

// One worker's syncs: all requests that wait share the next fdatasync, which runs on a thread of nginx's
// pool; those that come while it runs share the one after it. Event loop only.

// At the start of a worker with durable routes. `threads` is nginx's pool.
ngx_int_t start_group_commit(ngx_cycle_t* cycle, ngx_thread_pool_t* threads);

// Puts the waiter into the next sync, and starts that when none is running. record and wake are set.
void join_group(SyncWaiter& waiter);

// Forgets the waiter, which may or may not be waiting.
void leave_group(SyncWaiter& waiter);

// The same for one record, here and now: blocks the event loop. 0 or errno.
int sync_here(const capture::PendingRecord& record, Worker& here);

}  // namespace tally::edge
