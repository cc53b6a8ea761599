#include "edge/module/cache_ttl.hpp"

#include "edge/module/config.hpp"

#include <cstring>

namespace tally::edge {
namespace {

constexpr time_t kUnsaid = -1;
constexpr time_t kSecondsMax = 100'000'000'000;

// What the answer says about its own life.
struct Freshness {
    bool forbidden = false;   // no-store, no-cache or private
    time_t shared = kUnsaid;  // s-maxage
    time_t age = kUnsaid;     // max-age
};

bool begins(const u_char* at, const u_char* end, const char* word, std::size_t size) {
    return static_cast<std::size_t>(end - at) >= size &&
           ngx_strncasecmp(const_cast<u_char*>(at), reinterpret_cast<u_char*>(const_cast<char*>(word)),
                           size) == 0;
}

// The whole of a directive is the word, or the word with an argument.
bool is_word(const u_char* at, const u_char* end, const char* word) {
    const std::size_t size = std::strlen(word);
    return begins(at, end, word, size) && (at + size == end || at[size] == '=');
}

// What is no number counts as 0: an answer that cannot be understood is old.
time_t seconds_behind(const u_char* at, const u_char* end, const char* name) {
    const std::size_t size = std::strlen(name);
    if (!begins(at, end, name, size))
        return kUnsaid;
    time_t seconds = 0;
    for (at += size; at < end; ++at) {
        if (*at < '0' || *at > '9')
            return 0;
        seconds = seconds < kSecondsMax ? seconds * 10 + (*at - '0') : seconds;
    }
    return seconds;
}

void read_directive(const u_char* at, const u_char* end, Freshness& freshness) {
    while (at < end && (*at == ' ' || *at == '\t'))
        ++at;
    while (at < end && (end[-1] == ' ' || end[-1] == '\t'))
        --end;
    if (is_word(at, end, "no-store") || is_word(at, end, "no-cache") || is_word(at, end, "private"))
        freshness.forbidden = true;
    if (const time_t seconds = seconds_behind(at, end, "s-maxage="); seconds != kUnsaid)
        freshness.shared = seconds;
    if (const time_t seconds = seconds_behind(at, end, "max-age="); seconds != kUnsaid)
        freshness.age = seconds;
}

Freshness read_cache_control(const ngx_array_t& lines) {
    Freshness freshness;
    auto* const* header = static_cast<ngx_table_elt_t* const*>(lines.elts);
    for (ngx_uint_t i = 0; i < lines.nelts; ++i) {
        const u_char* at = header[i]->value.data;
        const u_char* const end = at + header[i]->value.len;
        while (at < end) {
            const void* comma = std::memchr(at, ',', static_cast<std::size_t>(end - at));
            const u_char* const stop = comma != nullptr ? static_cast<const u_char*>(comma) : end;
            read_directive(at, stop, freshness);
            at = stop + 1;
        }
    }
    return freshness;
}

time_t clamp(time_t seconds, const CacheConfig& config) {
    if (seconds < config.ttl_min)
        return config.ttl_min;
    return seconds > config.ttl_max ? config.ttl_max : seconds;
}

time_t ttl_of(const ngx_http_upstream_headers_in_t& headers, const CacheConfig& config) {
    const Freshness freshness = read_cache_control(headers.cache_control);
    if (freshness.forbidden)
        return config.ttl_min;
    if (freshness.shared != kUnsaid)
        return clamp(freshness.shared, config);
    if (freshness.age != kUnsaid)
        return clamp(freshness.age, config);
    if (headers.expires != nullptr) {
        const time_t until = ngx_parse_http_time(headers.expires->value.data, headers.expires->value.len);
        return clamp(until == static_cast<time_t>(NGX_ERROR) ? 0 : until - ngx_time(), config);
    }
    return clamp(config.ttl_default, config);
}

}  // namespace

// nginx 1.22: for a new answer valid_sec is read after the header filters have run; for one that the upstream
// confirmed with 304 too, when the 304 itself said nothing that nginx heeds.
void set_cache_ttl_of_answer(ngx_http_request_t* request) {
    ngx_http_upstream_t* const upstream = request->upstream;
    if (upstream == nullptr || request->cache == nullptr)
        return;
    const CacheConfig& config = location_config(request)->cache;
    if (config.ttl_min == NGX_CONF_UNSET)
        return;
    const bool confirmed = upstream->cache_status == NGX_HTTP_CACHE_REVALIDATED;
    const bool fresh = !request->cached && upstream->cacheable;
    if ((!confirmed && !fresh) || upstream->headers_in.status_n >= NGX_HTTP_BAD_REQUEST)
        return;
    const time_t ttl = ttl_of(upstream->headers_in, config);
    request->cache->valid_sec = ngx_time() + ttl;
    if (ttl == 0) {
        upstream->cacheable = 0;
        request->cache->valid_sec = 0;
    }
}

}  // namespace tally::edge
