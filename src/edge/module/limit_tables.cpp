#include "edge/module/limit_tables.hpp"

#include "edge/module/config.hpp"
#include "edge/module/record_text.hpp"

namespace tally::edge {
namespace {

// Says a change once.
void report(const ngx_str_t& path, int& last, int error, bool available) {
    if (error == last)
        return;
    last = error;
    ngx_str_t name = path;
    const char* hint = available ? "what was read before stays in use"
                                 : "callers with limits are answered 503 until it is there";
    if (error == MappedFile::kBadFile) {
        ngx_log_error(
            NGX_LOG_ERR, ngx_cycle->log, 0,
            "tallyman: \"%V\" is damaged, of another version or of another start of this machine; %s", &name,
            hint);
    } else if (error != 0) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, error, "tallyman: cannot read \"%V\"; %s", &name, hint);
    } else {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0, "tallyman: \"%V\" is readable again", &name);
    }
}

const char* text(const ngx_str_t& path) {
    return reinterpret_cast<const char*>(path.data);
}

}  // namespace

void LimitTables::open(const MainConfig& config) {
    configured = config.plan_table.len != 0;
    if (!configured)
        return;
    report(config.plan_table, plans_error, plans.open(text(config.plan_table)), plans.available());
    report(config.limits, limits_error, limits.open(text(config.limits)), limits.available());
}

void LimitTables::refresh(const MainConfig& config) {
    if (!configured)
        return;
    report(config.plan_table, plans_error, plans.refresh(), plans.available());
    report(config.limits, limits_error, limits.refresh(), limits.available());
}

void LimitTables::name_plan(KeySlot& slot, ngx_pool_t* pool) {
    if (slot.plan == 0 || !plans.available())
        return;
    const PlanRecord* const plan = plans.find(slot.plan);
    if (plan == nullptr)
        return;
    u_char* const place = plan->name_size <= kShortPlanName
                              ? slot.short_plan_name
                              : static_cast<u_char*>(ngx_pnalloc(pool, plan->name_size));
    if (place == nullptr)
        return;
    copy_bytes(place, reinterpret_cast<const u_char*>(text_of(*plan, plan->name_offset)), plan->name_size);
    slot.usage_plan = {plan->name_size, place};
}

}  // namespace tally::edge
