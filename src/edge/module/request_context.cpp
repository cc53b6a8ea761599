#include "edge/module/request_context.hpp"

#include "edge/module/caller.hpp"
#include "edge/module/log_line.hpp"
#include "edge/module/worker.hpp"

#include <type_traits>

namespace tally::edge {
namespace {

static_assert(std::is_trivially_destructible_v<RequestContext>);

// A context and its entry in the pool's cleanup list, where it is found after an internal redirect.
struct MarkedContext {
    ngx_pool_cleanup_t mark;
    MarkedContext* next_free;
    RequestContext context;
};

// Of this worker, all of them of requests that are gone. In a request's own pool a context would fill the
// first block, and what nginx allocates after it would cost a second.
MarkedContext* free_contexts = nullptr;

// The pool's destruction reads the mark once more; nothing takes the context before that.
void give_back(void* data) {
    auto* const context = static_cast<MarkedContext*>(data);
    context->next_free = free_contexts;
    free_contexts = context;
}

// As many as have been in use at once, which the worker keeps.
[[gnu::noinline]] MarkedContext* make_contexts() {
    constexpr std::size_t kAtOnce = 16;
    auto* const made =
        static_cast<MarkedContext*>(ngx_alloc(kAtOnce * sizeof(MarkedContext), ngx_cycle->log));
    if (made == nullptr)
        return nullptr;
    for (std::size_t i = 1; i < kAtOnce; ++i)
        give_back(&made[i]);
    return made;
}

MarkedContext* take_context() {
    MarkedContext* const context = free_contexts;
    if (context == nullptr) [[unlikely]]
        return make_contexts();
    free_contexts = context->next_free;
    return context;
}

RequestContext* make_context(ngx_http_request_t* request, const LocationConfig& config) {
    MarkedContext* const memory = take_context();
    if (memory == nullptr)
        return nullptr;
    RequestContext* const context = &memory->context;
    // Block by block, because the library's memset costs more than these few. The last may reach into the
    // slot.
    constexpr std::size_t kBlock = 16;
    auto* const first = reinterpret_cast<u_char*>(context);
    auto* const slot = reinterpret_cast<u_char*>(&context->slot);
#pragma GCC unroll 16
    for (u_char* at = first; at < slot; at += kBlock)
        __builtin_memset(at, 0, kBlock);
    context->slot.usage_plan = {0, nullptr};
    context->config = &config;
    memory->mark = {give_back, memory, request->pool->cleanup};
    request->pool->cleanup = &memory->mark;
    ngx_http_set_ctx(request, context, ngx_http_tallyman_module);
    return context;
}

// nginx stamps a request with the cached time in milliseconds. Where the stamp and our own clock agree on the
// millisecond, ours is the finer one.
void stamp_start(const ngx_http_request_t* request, RequestContext& context, const Moment& now) {
    const std::int64_t stamp_us =
        std::int64_t{request->start_sec} * 1'000'000 + static_cast<std::int64_t>(request->start_msec) * 1000;
    const std::int64_t latest_us = stamp_us + 999;
    context.start_wall_us = now.wall_us < latest_us && now.wall_us >= stamp_us ? now.wall_us : latest_us;
    // Where the wall clock has jumped since the stamp, the connection's age bounds the request's.
    const auto connection_age_us =
        static_cast<std::int64_t>(ngx_current_msec - request->connection->start_time + 1) * 1000;
    const std::int64_t age_us = now.wall_us - context.start_wall_us;
    const std::int64_t bounded_us = age_us < connection_age_us ? age_us : connection_age_us;
    context.start_monotonic_us = now.monotonic_us - (bounded_us > 0 ? bounded_us : 0);
}

// nginx, which stamps requests, knows of a jump of the wall clock before our ticker does.
Moment moment_by_nginx(Worker& here) {
    const Moment now = here.now();
    const std::int64_t apart_us = now.wall_us - std::int64_t{ngx_time()} * 1'000'000;
    constexpr std::int64_t kJumpUs = 2'000'000;
    if (apart_us < kJumpUs && apart_us > -kJumpUs) [[likely]]
        return now;
    here.follow_wall_clock();
    return here.now();
}

}  // namespace

RequestContext* find_context(ngx_http_request_t* request) {
    auto* context = static_cast<RequestContext*>(ngx_http_get_module_ctx(request, ngx_http_tallyman_module));
    if (context != nullptr || (!request->internal && !request->filter_finalize))
        return context;
    for (ngx_pool_cleanup_t* entry = request->pool->cleanup; entry != nullptr; entry = entry->next) {
        if (entry->handler == give_back) {
            RequestContext* const found = &static_cast<MarkedContext*>(entry->data)->context;
            ngx_http_set_ctx(request, found, ngx_http_tallyman_module);
            return found;
        }
    }
    return nullptr;
}

RequestContext* obtain_context(ngx_http_request_t* request, const LocationConfig& config) {
    if (RequestContext* context = find_context(request))
        return context;
    RequestContext* const context = make_context(request, config);
    if (context == nullptr)
        return nullptr;
    request->log_handler = log_without_secrets;
    if (Worker* const here = worker()) {
        const Moment now = moment_by_nginx(*here);
        context->seen_monotonic_us = now.monotonic_us;
        stamp_start(request, *context, now);
        find_caller(request, *context, *here);
        if (context->has_slot())
            here->limit_tables.name_plan(context->slot, request->pool);
    }
    return context;
}

}  // namespace tally::edge
