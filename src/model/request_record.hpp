#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <string_view>

namespace tally {

// The unique name of a captured request: who wrote it and the writer's running number. Sequences of one
// writer have no gaps; a missing one is a lost record and is reported as such.
struct RecordId {
    std::uint64_t writer = 0;    // random, unique per life of a writer process
    std::uint64_t sequence = 0;  // from 0
    auto operator<=>(const RecordId&) const = default;
};

// How a request was let in, or why it was not.
enum class AuthResult : std::uint8_t {
    kAnonymous,
    kIdentified,
    kMissingKey,
    kUnknownKey,
    kRevokedKey,
    kInvalidToken,
    kExpiredToken
};

// CloudFront's x-edge-result-type.
enum class ResultType : std::uint8_t {
    kNone,
    kHit,
    kRefreshHit,
    kMiss,
    kLimitExceeded,
    kCapacityExceeded,
    kError,
    kRedirect
};

// CloudFront's x-edge-detailed-result-type, where it says more than the result type.
enum class DetailedResult : std::uint8_t {
    kSame,  // as the result type
    kOriginConnectError,
    kOriginError,
    kOriginReadError,
    kClientHungUpRequest,
    kClientCommError,
    kInvalidRequest,
    kInvalidRequestMethod,
    kRateExceeded,
    kQuotaExceeded,
    kStaleHit,
    kCreditExceeded
};

// nginx's $upstream_cache_status; kNone when there was no cache lookup.
enum class CacheStatus : std::uint8_t {
    kNone,
    kMiss,
    kBypass,
    kExpired,
    kStale,
    kUpdating,
    kRevalidated,
    kHit,
    kScarce
};

// kInterrupted: the writer died between the first response byte and the end of the request, so the numbers of
// the end (bytes, times) are unknown.
enum class CaptureState : std::uint8_t { kDone, kInterrupted };

// A value that the edge may not have: negative means absent.
inline constexpr std::int64_t kAbsent = -1;

// One HTTP request as the edge saw it. Views point into the segment that it was read from and live as long as
// that stays mapped. API key values are masked already: where a key was sent, its public id or a keyed digest
// stands.
struct RequestRecord {
    RecordId id;
    Instant time;  // when the request's first byte arrived, UTC
    CaptureState state = CaptureState::kDone;
    AuthResult auth = AuthResult::kAnonymous;

    std::string_view api_key_id;   // empty = none
    std::string_view customer_id;  // empty = none
    std::string_view usage_plan;   // empty = none
    std::string_view principal;    // whom a verified token names, e.g. its subject; empty = no token
    std::string_view stage;
    std::string_view resource_path;

    const unsigned char* client_address = nullptr;  // 16 bytes, IPv4 as ::ffff:a.b.c.d
    const unsigned char* server_address = nullptr;  // the same
    std::uint16_t client_port = 0;
    bool client_is_ipv6 = false;

    // Not in the log: what a Geography says of the client's address, where there is one.
    char country[2] = {};   // ISO 3166-1 alpha-2; zeros = unknown
    std::uint32_t asn = 0;  // 0 = unknown

    std::string_view method;
    bool is_https = false;
    bool is_websocket = false;
    std::uint16_t http_version = 11;  // 10, 11, 20
    std::string_view uri_stem;        // raw path as sent, without the query
    std::string_view uri_query;       // without '?'; key parameters masked; empty = none

    std::string_view host;  // from the request's Host, lower case not forced
    std::string_view user_agent;
    std::string_view referer;
    std::string_view cookie;
    std::string_view accept;
    std::string_view accept_encoding;
    std::string_view x_forwarded_for;
    std::string_view headers;  // every request header in order: "Name:Value\n", key values masked
    std::uint16_t header_count = 0;
    bool is_cut = false;          // some text was too long for the record and is recorded in part
    std::string_view dimensions;  // the configured response headers: "name=value\n" each, names in lower case

    std::uint16_t tls_protocol = 0;  // as on the wire (0x0304 = TLS 1.3); 0 = none
    std::uint16_t tls_cipher = 0;    // IANA number; 0 = none

    std::string_view edge_location;     // configured, e.g. "EDGE1-P1"
    std::string_view distribution;      // configured domain: x-host-header
    std::string_view behavior_pattern;  // cache-behavior-path-pattern

    std::uint16_t status = 0;
    ResultType response_result = ResultType::kNone;  // decided before the first byte
    ResultType result = ResultType::kNone;           // decided after the last byte
    DetailedResult detailed_result = DetailedResult::kSame;
    CacheStatus cache_status = CacheStatus::kNone;
    std::string_view content_type;
    std::int64_t content_length = kAbsent;
    std::int64_t range_start = kAbsent;
    std::int64_t range_end = kAbsent;

    std::int64_t bytes_sent = 0;           // to the client, with headers
    std::int64_t bytes_received = 0;       // from the client, with headers
    std::int64_t first_byte_us = kAbsent;  // request start to response header
    std::int64_t time_taken_us = kAbsent;  // request start to last byte
    std::int64_t origin_first_byte_us = kAbsent;
    std::int64_t origin_last_byte_us = kAbsent;
};

// Names as CloudFront and nginx write them; empty for kNone.
std::string_view result_type_name(ResultType type);
std::string_view detailed_result_name(DetailedResult detailed, ResultType type);
std::string_view cache_status_name(CacheStatus status);
std::string_view auth_result_name(AuthResult result);
std::string_view capture_state_name(CaptureState state);

}  // namespace tally
