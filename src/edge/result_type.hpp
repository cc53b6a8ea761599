#pragma once

#include "model/request_record.hpp"

#include <cstdint>

namespace tally::edge {

// Why the edge answered a request itself.
enum class Refusal : std::uint8_t {
    kNone,
    kForbidden,            // no key, an unknown or a revoked one
    kNoRoom,               // the capture log cannot take a record
    kKeyTableUnavailable,  // nobody can be identified, or no limit can be looked up
    kThrottled,            // the token bucket of the plan, or of the method and path, is empty
    kQuotaExceeded,
    kCreditExceeded,  // a prepaid customer's balance is spent
    kUnauthorized,    // a token was needed or sent, and none that can be trusted
    kTokenExpired,
    kMethodNotAllowed  // the behaviour does not take it
};

// What of a request decides its result type.
struct RequestOutcome {
    unsigned status = 0;
    CacheStatus cache_status = CacheStatus::kNone;
    Refusal refusal = Refusal::kNone;
    bool upstream_used = false;
    bool upstream_connected = false;
    bool upstream_answered = false;  // with a response header
    bool https_redirect = false;     // our own answer, from http to https
    bool client_gone = false;        // the connection broke before the last byte
};

struct Classification {
    ResultType result = ResultType::kNone;
    DetailedResult detailed = DetailedResult::kSame;
    bool operator==(const Classification&) const = default;
};

// CloudFront's result types from what nginx knows. Pure; free of the C++ library at run time, because the
// nginx module uses it.
Classification classify(const RequestOutcome& outcome);

}  // namespace tally::edge
