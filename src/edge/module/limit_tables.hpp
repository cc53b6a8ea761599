#pragma once

#include "edge/limit_file_reader.hpp"
#include "edge/module/request_context.hpp"
#include "edge/plan_table_reader.hpp"
#include "edge/quota_clock.hpp"

namespace tally::edge {

struct MainConfig;

// What a worker admits callers by. Lives in Worker.
struct LimitTables {
    bool configured = false;  // without the directives there are no limits
    PlanTableReader plans;
    LimitFileReader limits;
    QuotaClock quota_clock;
    int plans_error = 0;  // what was last said in the error log, to say it once
    int limits_error = 0;

    // Maps both files where they are configured.
    void open(const MainConfig& config);

    // Once a second: finds files that were replaced behind the back of the flag that says so.
    void refresh(const MainConfig& config);

    // The name of the slot's plan, where it has one. Without memory for it there is none.
    void name_plan(KeySlot& slot, ngx_pool_t* pool);
};

}  // namespace tally::edge
