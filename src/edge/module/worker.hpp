#pragma once

#include "capture/segment_writer.hpp"
#include "edge/counter_file.hpp"
#include "edge/digest_memory.hpp"
#include "edge/key_table_reader.hpp"
#include "edge/module/limit_tables.hpp"
#include "edge/module/ngx.hpp"
#include "edge/module/ticker.hpp"
#include "edge/token/token_verifier.hpp"

#include <cstdint>

namespace tally::edge {

struct MainConfig;

// Both clocks at one moment, in microseconds: durations come from the monotonic one.
struct Moment {
    std::int64_t wall_us;
    std::int64_t monotonic_us;
};

// What one nginx worker holds for its life. Lives in the cycle's pool; used by nginx's one thread only.
struct Worker {
    capture::SegmentWriter writer;
    KeyTableReader keys;
    DigestMemory digests;
    LimitTables limit_tables;
    TokenVerifier tokens;
    CounterFile counters;

    const MainConfig* config = nullptr;
    std::int64_t wall_offset_us = 0;  // wall minus monotonic time, followed by the ticker
    bool writer_open = false;
    int writer_error = 0;  // what was last said in the error log, to say it once
    int keys_error = 0;
    int tokens_error = 0;
    ngx_uint_t ticks = 0;
    Ticker ticker;

    [[nodiscard]] Moment now() const;

    // Takes a jump of the wall clock into account; the ticker does it ten times a second.
    void follow_wall_clock();

    // Whether the record of a request that begins now will find room.
    [[nodiscard]] bool ensure_room(std::int64_t wall_us);

    void count(Uncaptured kind, std::int64_t wall_us);
};

// Null where no location uses the module, and in nginx's helper processes.
Worker* worker();

// nginx's init_process and exit_process.
ngx_int_t start_worker(ngx_cycle_t* cycle);
void stop_worker(ngx_cycle_t* cycle);

}  // namespace tally::edge
