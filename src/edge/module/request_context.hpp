#pragma once

#include "capture/segment_writer.hpp"
#include "edge/key_table_format.hpp"
#include "edge/module/config.hpp"
#include "edge/module/ngx.hpp"
#include "edge/plan_table_format.hpp"
#include "edge/result_type.hpp"
#include "model/request_record.hpp"

#include <cstdint>

namespace tally::edge {

struct HeldAnswer;

enum class CaptureStep : std::uint8_t {
    kNotYet,
    kWritten,    // the record is in the log, pending or done
    kUncaptured  // there was no room; counted
};

// Up to which the name of a usage plan needs no memory of its own.
inline constexpr std::size_t kShortPlanName = 32;

// What the tables know of a caller.
struct KeySlot : KeyRecord {
    ngx_str_t usage_plan;  // the plan's name: in `short_plan_name`, or in the request's pool
    u_char short_plan_name[kShortPlanName];
};

// What the module keeps of one client request, from the first phase that sees it to the log phase. Lives
// until the request's pool is destroyed; zeros before `slot` are its start value.
struct RequestContext {
    const LocationConfig* config;  // of the location that saw the request first
    capture::PendingRecord pending;
    HeldAnswer* held;  // of a durable route; null = none, or not yet
    std::int64_t start_wall_us;
    std::int64_t start_monotonic_us;
    std::int64_t seen_monotonic_us;     // when this was made; later than the start where headers came slowly
    const ngx_table_elt_t* key_header;  // where the caller's key stands; null = no key
    ngx_str_t key;                      // points into the header's value; never leaves the module
    ngx_str_t principal;                // whom a verified token names; in the request's pool
    ngx_str_t own_body;                 // in place of nginx's page of an error; data null = none
    std::size_t headers_room;           // bytes that the headers string may need
    std::size_t raw_headers_size;       // from the first name to the last value; 0 = not in one piece
    std::uint64_t secret_headers;       // bit n: the n-th header's value is masked; for the first 64
    std::uint16_t header_count;
    AuthResult auth;
    bool key_table_missing;  // there is a key and nothing to look it up in
    bool admitted;           // the limits were asked, whatever they said; once a request
    Refusal refusal;
    CaptureStep step;
    KeySlot slot;  // of the caller, when auth is kIdentified or kRevokedKey; comes last and is not zeroed

    [[nodiscard]] bool has_slot() const {
        return auth == AuthResult::kIdentified || auth == AuthResult::kRevokedKey;
    }
};

// The context, also after an internal redirect took it from the request; null when the request has none yet.
RequestContext* find_context(ngx_http_request_t* request);

// The context, made and with the caller identified if need be; null when memory ran out.
RequestContext* obtain_context(ngx_http_request_t* request, const LocationConfig& config);

}  // namespace tally::edge
