// An nginx module for measuring only: how long handlers take inside a worker under load. It is built twice.
// The inner one is loaded before the module that is measured and marks the point where that module's header
// filter passes on; the outer one is loaded after it, wraps the handlers of the PREACCESS and LOG phases and
// the header filter, adds up each request's time in them, and writes percentiles to $HANDLER_TIMES when the
// worker ends: one line "name count p50 p99 p99.9" in nanoseconds for all handlers together and for each LOG
// handler.
extern "C" {
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
}

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <x86intrin.h>

#define EXPORT __attribute__((visibility("default")))

#ifdef INNER_TIMER
#define MODULE_NAME ngx_http_inner_timer_module
#else
#define MODULE_NAME ngx_http_outer_timer_module
#endif
#define STRING_OF(name) #name
#define NAME_OF(name) STRING_OF(name)

extern "C" EXPORT ngx_module_t MODULE_NAME;

// Where the time stood when the header filter under measurement passed on, and when it got back.
extern "C" EXPORT std::uint64_t handler_timer_passed_on;
extern "C" EXPORT std::uint64_t handler_timer_came_back;

namespace {

ngx_http_output_header_filter_pt next_filter = nullptr;

std::uint64_t now() {
    unsigned core = 0;
    return __rdtscp(&core);
}

#ifdef INNER_TIMER

ngx_int_t filter(ngx_http_request_t* request) {
    handler_timer_passed_on = now();
    const ngx_int_t result = next_filter(request);
    handler_timer_came_back = now();
    return result;
}

ngx_int_t install(ngx_conf_t*) {
    next_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = filter;
    return NGX_OK;
}

void report(ngx_cycle_t*) {}

ngx_int_t start(ngx_cycle_t*) {
    return NGX_OK;
}

#else

constexpr std::size_t kSamples = 1 << 22;

struct Series {
    const char* name;
    std::uint32_t* ticks;
    std::size_t count;

    void add(std::uint64_t value) {
        if (ticks != nullptr && count < kSamples)
            ticks[count++] = static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
    }
};

constexpr int kHandlersMax = 8;
Series whole = {"whole", nullptr, 0};
Series logs[kHandlersMax] = {{"log0", nullptr, 0}, {"log1", nullptr, 0}, {"log2", nullptr, 0},
                             {"log3", nullptr, 0}, {"log4", nullptr, 0}, {"log5", nullptr, 0},
                             {"log6", nullptr, 0}, {"log7", nullptr, 0}};
ngx_http_handler_pt preaccess[kHandlersMax];
ngx_http_handler_pt log_phase[kHandlersMax];
double ticks_per_ns = 1;

struct Sum {
    std::uint64_t ticks;
};

void add(ngx_http_request_t* request, std::uint64_t ticks) {
    auto* sum = static_cast<Sum*>(ngx_http_get_module_ctx(request, MODULE_NAME));
    if (sum == nullptr) {
        sum = static_cast<Sum*>(ngx_pcalloc(request->pool, sizeof(Sum)));
        ngx_http_set_ctx(request, sum, MODULE_NAME);
    }
    if (sum != nullptr)
        sum->ticks += ticks;
}

template <int Index>
ngx_int_t timed_preaccess(ngx_http_request_t* request) {
    const std::uint64_t began = now();
    const ngx_int_t result = preaccess[Index](request);
    const std::uint64_t ended = now();
    if (result == NGX_DECLINED)  // else the request may be gone
        add(request, ended - began);
    return result;
}

template <int Index>
ngx_int_t timed_log(ngx_http_request_t* request) {
    const std::uint64_t began = now();
    const ngx_int_t result = log_phase[Index](request);
    const std::uint64_t ended = now();
    logs[Index].add(ended - began);
    add(request, ended - began);
    return result;
}

ngx_int_t finish_sum(ngx_http_request_t* request) {
    if (const auto* sum = static_cast<const Sum*>(ngx_http_get_module_ctx(request, MODULE_NAME)))
        whole.add(sum->ticks);
    return NGX_OK;
}

ngx_int_t filter(ngx_http_request_t* request) {
    handler_timer_passed_on = 0;
    const std::uint64_t began = now();
    const ngx_int_t result = next_filter(request);
    const std::uint64_t ended = now();
    if (handler_timer_passed_on != 0)
        add(request, handler_timer_passed_on - began + (ended - handler_timer_came_back));
    return result;
}

template <template <int> class Wrap, int... Indexes>
void wrap(ngx_array_t& handlers, ngx_http_handler_pt* kept) {
    const ngx_http_handler_pt wrappers[] = {Wrap<Indexes>::handler...};
    auto* found = static_cast<ngx_http_handler_pt*>(handlers.elts);
    for (ngx_uint_t i = 0; i < handlers.nelts && i < sizeof...(Indexes); ++i) {
        kept[i] = found[i];
        found[i] = wrappers[i];
    }
}

template <int Index>
struct Preaccess {
    static constexpr ngx_http_handler_pt handler = timed_preaccess<Index>;
};

template <int Index>
struct Log {
    static constexpr ngx_http_handler_pt handler = timed_log<Index>;
};

ngx_int_t install(ngx_conf_t* cf) {
    auto* core =
        static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    wrap<Preaccess, 0, 1, 2, 3, 4, 5, 6, 7>(core->phases[NGX_HTTP_PREACCESS_PHASE].handlers, preaccess);
    // The log phase runs its handlers from the last to the first, so the sum is taken by one put in front.
    ngx_array_t& log = core->phases[NGX_HTTP_LOG_PHASE].handlers;
    wrap<Log, 0, 1, 2, 3, 4, 5, 6, 7>(log, log_phase);
    if (ngx_array_push(&log) == nullptr)
        return NGX_ERROR;
    auto* handlers = static_cast<ngx_http_handler_pt*>(log.elts);
    handlers[log.nelts - 1] = finish_sum;
    next_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = filter;
    return NGX_OK;
}

void prepare(Series& series) {
    series.ticks = static_cast<std::uint32_t*>(std::calloc(kSamples, sizeof(std::uint32_t)));
}

ngx_int_t start(ngx_cycle_t*) {
    prepare(whole);
    for (Series& series : logs)
        prepare(series);
    timespec pause = {0, 50'000'000};
    timespec before = {};
    timespec after = {};
    clock_gettime(CLOCK_MONOTONIC, &before);
    const std::uint64_t began = now();
    nanosleep(&pause, nullptr);
    const std::uint64_t ended = now();
    clock_gettime(CLOCK_MONOTONIC, &after);
    const double ns = static_cast<double>(after.tv_sec - before.tv_sec) * 1e9 +
                      static_cast<double>(after.tv_nsec - before.tv_nsec);
    ticks_per_ns = static_cast<double>(ended - began) / ns;
    return NGX_OK;
}

void write_series(std::FILE* out, Series& series) {
    if (series.count == 0)
        return;
    std::sort(series.ticks, series.ticks + series.count);
    const auto at = [&series](double share) {
        const auto index = static_cast<std::size_t>(static_cast<double>(series.count - 1) * share);
        return static_cast<double>(series.ticks[index]) / ticks_per_ns;
    };
    std::fprintf(out, "%s %zu %.0f %.0f %.0f\n", series.name, series.count, at(0.5), at(0.99), at(0.999));
}

void report(ngx_cycle_t*) {
    const char* path = std::getenv("HANDLER_TIMES");
    std::FILE* out = path != nullptr ? std::fopen(path, "w") : nullptr;
    if (out == nullptr)
        return;
    write_series(out, whole);
    for (Series& series : logs)
        write_series(out, series);
    std::fclose(out);
}

#endif

ngx_http_module_t context = {nullptr, install, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
ngx_command_t no_commands[] = {ngx_null_command};

}  // namespace

extern "C" {

#ifdef INNER_TIMER
EXPORT std::uint64_t handler_timer_passed_on = 0;
EXPORT std::uint64_t handler_timer_came_back = 0;
#endif

extern ngx_module_t* ngx_modules[];
extern char* ngx_module_names[];

EXPORT ngx_module_t MODULE_NAME = {NGX_MODULE_V1, &context, no_commands, NGX_HTTP_MODULE,
                                   nullptr,       nullptr,  start,       nullptr,
                                   nullptr,       report,   nullptr,     NGX_MODULE_V1_PADDING};
EXPORT ngx_module_t* ngx_modules[] = {&MODULE_NAME, nullptr};
EXPORT char* ngx_module_names[] = {const_cast<char*>(NAME_OF(MODULE_NAME)), nullptr};
}
